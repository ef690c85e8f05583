#include "server/supervisor/restart_policy.h"

#include <algorithm>

namespace freshet {

std::optional<int64_t> RestartPolicy::OnFailure(int64_t now_micros, uint64_t progress, bool memory) {
  bool healthy = now_micros - started_micros_ >= options_.healthy_micros;
  if (healthy) memory_failures_ = 0;
  if (healthy || progress > furthest_) failures_ = 0;
  furthest_ = std::max(furthest_, progress);
  ++failures_;
  if (memory) ++memory_failures_;
  if (failures_ > options_.failures_max || memory_failures_ >= options_.memory_failures_max) return std::nullopt;
  uint64_t doublings = std::min<uint64_t>(failures_ - 1, 30);
  return std::min(options_.backoff_micros_max, options_.backoff_micros_min << doublings);
}

void RestartPolicy::Reset() {
  failures_ = 0;
  memory_failures_ = 0;
  furthest_ = 0;
}

}  // namespace freshet
