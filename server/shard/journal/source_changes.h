// Compares what sources give at the replay with what they gave before. What is other is told in status and metrics, and
// begins a new history, in the log: subscribers must fetch anew, sinks begin anew.
//
// A sink has written epochs whose content does not come again. So a replay that differs ends before anything of it is
// shown: its group starts once more, with the history known from the begin, and the sinks hold back what lies before it
// (SinkFeed). The record says what differed; the same differences at later replays are no news.
#pragma once

#include <cstdint>
#include <optional>
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
  // `first_epoch`: never given to an epoch before this start.
  SourceChanges(const v1::PhysicalPlan* plan, LogWriter* log, Epoch first_epoch);

  void Add(const ReplayDifference& difference);
  // The replay is over. False: sinks must begin anew, and nothing of it may be shown.
  bool OnReplayed();
  // Then the group starts once more when the log is durable up to here.
  std::optional<LogPosition> begins_anew_at() const { return begins_anew_at_; }

  uint64_t history() const { return history_; }
  // Where the sinks' history begins; 0: with the revision.
  Epoch first_epoch() const;
  // Writes it into the report: SOURCE_CHANGED in the message of the sources, and metrics.
  void Tell(v1::ShardReport& report) const;

 private:
  struct Change {
    uint64_t count = 0;
    std::string first;
  };

  const v1::PhysicalPlan* const plan_;
  LogWriter* const log_;
  const Epoch new_history_begins_;
  uint64_t history_;
  uint64_t differences_ = 0;
  std::optional<LogPosition> begins_anew_at_;
  std::vector<Change> changes_;  // by source
};

}  // namespace freshet
