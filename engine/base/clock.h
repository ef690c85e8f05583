// Tells time to the state machines of engine/runtime. The engine proper never asks it (law 6).
#pragma once

#include <cstdint>

namespace freshet {

class Clock {
 public:
  virtual ~Clock() = default;

  // Monotonic, in microseconds; for ages and intervals.
  virtual int64_t MonotonicMicros() const = 0;
  // Since 1970-01-01 UTC, in microseconds; goes into cuts.
  virtual int64_t UnixMicros() const = 0;
};

}  // namespace freshet
