#include "engine/runtime/cut_policy.h"

#include <algorithm>

namespace freshet {
namespace {

// Of the last dozen of epochs or so. One epoch says little about the next: a load that waited for its source, or a
// processor that others had, must not hold rows back for the hundred epochs after it.
void Average(int64_t sample, int64_t& average) {
  constexpr int64_t kSlackMicros = 1000;
  sample = std::min(sample, 2 * average + kSlackMicros);
  average += (sample - average) / 8;
}

}  // namespace

CutPolicy::CutPolicy(CutPolicyOptions options, uint16_t shard_count)
    : options_(options), waiting_(shard_count), min_epoch_micros_(options.min_epoch_micros) {}

void CutPolicy::OnWaiting(ShardId shard, WaitingInput waiting, int64_t now) {
  waiting_[shard.value()] = waiting;
  if (!waiting_since_) waiting_since_ = now;
}

void CutPolicy::OnCut(int64_t now) {
  last_cut_ = now;
  waiting_since_.reset();
  std::fill(waiting_.begin(), waiting_.end(), WaitingInput());
}

void CutPolicy::OnDone(const std::vector<WaitingInput>& waiting, Cost cost, int64_t now) {
  waiting_ = waiting;
  for (const WaitingInput& input : waiting_) {
    if (input.rows > 0 && !waiting_since_) waiting_since_ = now;
  }
  int64_t fixed_cost = std::max<int64_t>(0, now - last_cut_.value_or(now) - cost.run_micros - cost.journal_micros);
  Average(fixed_cost, fixed_cost_micros_);
  Average(cost.journal_micros, journal_micros_);
  min_epoch_micros_ = std::clamp(10 * fixed_cost_micros_ + 2 * journal_micros_, options_.min_epoch_micros,
                                 std::max(options_.min_epoch_micros, options_.max_age_micros));
}

bool CutPolicy::AtLimit() const {
  return std::any_of(waiting_.begin(), waiting_.end(), [this](const WaitingInput& input) {
    return input.rows >= options_.limits.max_rows || input.bytes >= options_.limits.max_bytes;
  });
}

bool CutPolicy::ShouldCut(int64_t now) const {
  std::optional<int64_t> wake = NextWakeMicros();
  return wake.has_value() && *wake <= now;
}

std::optional<int64_t> CutPolicy::NextWakeMicros() const {
  if (!waiting_since_) return std::nullopt;
  if (!last_cut_ || AtLimit()) return *waiting_since_;
  return std::min(*last_cut_ + min_epoch_micros_, *waiting_since_ + options_.max_age_micros);
}

}  // namespace freshet
