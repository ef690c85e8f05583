// Runs a compiled pipeline on a simulated group of shards, over rows that a test writes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "freshet/v1/physical_plan.pb.h"
#include "server/shard/build_operators.h"
#include "tests/sql/table_rows.h"
#include "tests/support/scripted_source.h"
#include "tests/support/simulated_cluster.h"

namespace freshet {

class SqlCluster {
 public:
  struct Options {
    uint16_t shard_count = 1;
    uint64_t seed = 1;
  };

  SqlCluster(const v1::PhysicalPlan& plan, Options options);

  // Takes the changes, spread over partitions, as one epoch.
  void Run(const std::vector<RowChange>& changes);
  // The rows of a view, one a line with tabs between its cells, sorted.
  std::vector<std::string> Read(const std::string& view);

 private:
  SimulatedCluster::BuiltShard MakeShard(ShardId shard);

  const v1::PhysicalPlan plan_;
  const Options options_;
  std::vector<std::shared_ptr<Script>> scripts_;  // by the plan's source numbers
  std::vector<std::vector<ScriptedSource*>> sources_;
  std::vector<BuiltCircuit> circuits_;  // without the circuits themselves
  std::unique_ptr<SimulatedCluster> cluster_;
  size_t next_partition_ = 0;
};

}  // namespace freshet
