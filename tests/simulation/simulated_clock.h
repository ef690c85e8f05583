// Time that passes a little with each look at it, so that slices of work end at other places with each seed.
#pragma once

#include <random>

#include "engine/base/clock.h"

namespace freshet {

class SimulatedClock : public Clock {
 public:
  explicit SimulatedClock(uint64_t seed) : random_(seed) {}

  int64_t MonotonicMicros() const override { return now_ += static_cast<int64_t>(random_() % 60); }
  int64_t UnixMicros() const override { return 1'700'000'000'000'000 + now_; }
  void Advance(int64_t micros) { now_ += micros; }

 private:
  mutable std::mt19937_64 random_;
  mutable int64_t now_ = 1'000'000;
};

}  // namespace freshet
