// Runs a plan over a random history on a simulated group, and holds every committed epoch against the naive result.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/plan_cluster.h"

namespace freshet {

struct HistoryOptions {
  uint64_t seed = 1;
  uint16_t shard_count = 1;
  int64_t rows = 120;    // of each source
  bool restarts = true;  // crash in the middle and go on, with the same or another number of shards
  WrapOperator wrap;
  // What the circuit is built from, if it is another plan: to see whether the difference is noticed.
  const Plan* mistaken = nullptr;
};

struct HistoryOutcome {
  // Empty: every epoch was right. Else the first difference.
  std::string difference;
  uint64_t epochs_checked = 0;
  uint64_t restarts = 0;
  uint64_t checkpoints = 0;
};

HistoryOutcome RunRandomHistory(const Plan& plan, const HistoryOptions& options);

// Whether the plan's relations stay small over the history of a seed: joins of joins can explode.
bool StaysSmall(const Plan& plan, const HistoryOptions& options);

}  // namespace freshet
