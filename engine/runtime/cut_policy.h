// Decides when the next epoch is cut. A state machine over times that it is told, tested by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/ids.h"
#include "engine/circuit/source.h"

namespace freshet {

// How much one shard takes into one epoch.
struct TakeLimits {
  uint64_t max_rows = 1'000'000;
  uint64_t max_bytes = 64ull << 20;
};
inline constexpr TakeLimits kLoadTakeLimits{4'000'000, 256ull << 20};

struct CutPolicyOptions {
  TakeLimits limits;
  // The oldest waiting row is cut at the latest at this age.
  int64_t max_age_micros = 100'000;
  // Epochs are not cut more often than this, or than what an epoch costs whatever it holds: 10 times its work, and
  // twice the wait for the journal.
  int64_t min_epoch_micros = 200;
};

// A lone row is cut at once. While an epoch runs, rows gather, so batches grow by themselves under load; the distance
// of cuts follows the fixed cost of an epoch, so that its work stays below a tenth. The wait for the journal costs no
// processor: cuts keep twice its length apart, so a disk is not synced without a pause, and a row waits little longer
// than the disk needs.
class CutPolicy {
 public:
  CutPolicy(CutPolicyOptions options, uint16_t shard_count);

  // A shard has told what waits there. Told with 0 rows: an empty epoch is wanted.
  void OnWaiting(ShardId shard, WaitingInput waiting, int64_t now);
  // An epoch was cut: what waited belongs to it.
  void OnCut(int64_t now);
  struct Cost {
    int64_t run_micros = 0;      // the longest time that a shard worked
    int64_t journal_micros = 0;  // from the last DONE until the cut was durable
  };
  // The epoch is committed; `waiting` came since the cut, by shard.
  void OnDone(const std::vector<WaitingInput>& waiting, Cost cost, int64_t now);

  // Whether to cut now, given that no epoch runs.
  bool ShouldCut(int64_t now) const;
  // When ShouldCut becomes true by itself; no value: not before something waits.
  std::optional<int64_t> NextWakeMicros() const;

  int64_t min_epoch_micros() const { return min_epoch_micros_; }

 private:
  bool AtLimit() const;

  const CutPolicyOptions options_;
  std::vector<WaitingInput> waiting_;
  std::optional<int64_t> waiting_since_;
  std::optional<int64_t> last_cut_;
  int64_t min_epoch_micros_;
  int64_t fixed_cost_micros_ = 0;  // moving averages
  int64_t journal_micros_ = 0;
};

}  // namespace freshet
