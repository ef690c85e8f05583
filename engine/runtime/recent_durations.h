// Keeps the last durations of something that is done over and over, and tells their quantiles.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet {

class RecentDurations {
 public:
  void Add(int64_t micros) {
    if (micros_.size() < kKept) micros_.push_back(0);
    micros_[added_++ % kKept] = micros;
  }

  // Of all since the start.
  uint64_t count() const { return added_; }
  // The duration that `share` of the last thousand do not pass; 0 when there is none.
  int64_t Quantile(double share) const {
    if (micros_.empty()) return 0;
    std::vector<int64_t> sorted = micros_;
    auto at = std::min(sorted.size() - 1, static_cast<size_t>(static_cast<double>(sorted.size()) * share));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at), sorted.end());
    return sorted[at];
  }

 private:
  static constexpr size_t kKept = 1000;

  std::vector<int64_t> micros_;  // a ring once it is full
  uint64_t added_ = 0;
};

}  // namespace freshet
