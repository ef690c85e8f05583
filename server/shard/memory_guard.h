// Watches the memory of the own process.
#pragma once

#include <cstdint>

namespace freshet {

// Resident bytes of this process that are its own (without what it shares with files), as /proc/self/statm has it; 0 if
// that cannot be read.
uint64_t ResidentBytes();

// Asks at most 10 times a second, unless it is told to look again.
class MemoryGuard {
 public:
  // 0 = no limit.
  explicit MemoryGuard(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // True: the process is above its limit.
  bool IsAbove(int64_t now_micros);
  void LookAgain() { next_micros_ = 0; }
  uint64_t limit_bytes() const { return limit_bytes_; }
  uint64_t bytes() const { return bytes_; }

 private:
  const uint64_t limit_bytes_;
  int64_t next_micros_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace freshet
