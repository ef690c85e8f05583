// Remembers which sources gave other records at the replay than before: told in status and metrics, and in the log as a
// new history number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/runtime/conductor.h"
#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/shard/journal/log_writer.h"

namespace freshet {

// On the compute thread of shard 0. The plan and the open log outlive it.
class SourceChanges {
 public:
  SourceChanges(const v1::PhysicalPlan* plan, LogWriter* log);

  void Add(const ReplayDifference& difference);
  uint64_t history() const { return history_; }
  // Writes it into the report: SOURCE_CHANGED in the message of the sources, and metrics.
  void Tell(v1::ShardReport& report) const;

 private:
  struct Change {
    uint64_t count = 0;
    std::string first;
  };

  const v1::PhysicalPlan* const plan_;
  LogWriter* const log_;
  uint64_t history_;
  std::vector<Change> changes_;  // by source
};

}  // namespace freshet
