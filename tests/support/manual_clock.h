// A clock that stands still until a test moves it.
#pragma once

#include "engine/base/clock.h"

namespace freshet {

class ManualClock : public Clock {
 public:
  int64_t MonotonicMicros() const override { return now_; }
  int64_t UnixMicros() const override { return 1'700'000'000'000'000 + now_; }
  void Advance(int64_t micros) { now_ += micros; }
  void AdvanceTo(int64_t micros) { now_ = micros > now_ ? micros : now_; }

 private:
  int64_t now_ = 1'000'000;
};

}  // namespace freshet
