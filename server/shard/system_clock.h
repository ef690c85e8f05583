// The clock of the operating system.
#pragma once

#include <ctime>

#include "engine/base/clock.h"

namespace freshet {

class SystemClock : public Clock {
 public:
  int64_t MonotonicMicros() const override { return Read(CLOCK_MONOTONIC); }
  int64_t UnixMicros() const override { return Read(CLOCK_REALTIME); }

 private:
  static int64_t Read(clockid_t id) {
    timespec time;
    ::clock_gettime(id, &time);
    return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
  }
};

}  // namespace freshet
