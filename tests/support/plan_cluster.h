// Runs a plan over scripted sources on a simulated group of shards, with crashes and restarts in between.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tests/support/plan_circuit.h"
#include "tests/support/result_collector.h"
#include "tests/support/scripted_source.h"
#include "tests/support/simulated_cluster.h"

namespace freshet {

class PlanCluster {
 public:
  struct Options {
    uint16_t shard_count = 1;
    uint64_t seed = 1;
    uint32_t batch_rows = kBatchRows;
    size_t output_row_budget = Output::kDefaultRowBudget;
    size_t credit_window_bytes = FlowControl::kDefaultWindowBytes;
    TakeLimits load_limits = kLoadTakeLimits;
    std::vector<bool> static_sources;  // which sources end with their script; empty: none
    std::vector<bool> load_last;       // by source; empty: none
    WrapOperator wrap;
  };

  // One script for each source of the plan. Nothing of them is released.
  PlanCluster(const Plan& plan, std::vector<std::shared_ptr<Script>> scripts, Options options);

  // Lets everything through that the scripts hold now.
  void ReleaseAll();
  // Lets rows of one partition through.
  void Release(uint32_t source, const std::string& partition, int64_t rows);
  // What of a partition has been let through.
  int64_t released(uint32_t source, const std::string& partition) const;

  void Start();
  bool StepOnce() { return cluster_->StepOnce(); }
  void RunUntilIdle() { cluster_->RunUntilIdle(); }
  void RequestCheckpoint();

  // Ends the group and starts another from the last checkpoint (or from the begin): it runs the journaled epochs again.
  // Checkpoint asked for: the caller has run on until has_checkpoint_at says so, if it wants it to count.
  void Restart(Options options);

  // All shards have committed the same epoch, and it may be shown.
  bool consistent() const;
  Epoch committed_epoch() const;
  // The output as a reader sees it.
  ZSet Committed() const;
  // What the last epoch changed in it.
  ZSet LastChange() const;
  // The input of the committed epoch, by source.
  std::vector<ZSet> CommittedInput() const;
  uint64_t checkpoints() const { return checkpoints_; }
  SimulatedCluster& cluster() { return *cluster_; }
  // Call after steps: takes note of a checkpoint that has been committed by all shards.
  void NoteCheckpoint();

 private:
  struct Checkpoint {
    Epoch epoch;
    InMemoryStateStore store;
    ZSet output;
  };

  void Build(SimulatedCluster::Options options);
  Epoch LowestEpoch() const;
  // The journal over all starts: a replayed epoch once.
  std::vector<CutRecord> History() const;

  const Plan plan_;
  const std::vector<std::shared_ptr<Script>> scripts_;
  Options options_;
  InMemoryStateStore store_;
  std::optional<Checkpoint> checkpoint_;
  bool checkpoint_requested_ = false;
  uint64_t checkpoints_ = 0;
  std::vector<CutRecord> history_;  // of former starts
  ZSet base_;                       // the output that this start began with
  std::vector<std::map<std::string, int64_t>> released_;
  std::vector<std::vector<ScriptedSource*>> sources_;  // by source, shard
  std::vector<std::unique_ptr<CollectedResult>> results_;
  std::unique_ptr<SimulatedCluster> cluster_;
};

}  // namespace freshet
