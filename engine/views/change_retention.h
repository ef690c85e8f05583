// Bounds what the change rings of one shard keep: together by bytes, each epoch by age.
#pragma once

#include <cstdint>
#include <deque>

#include "engine/base/clock.h"

namespace freshet {

class ChangeRing;

// On the compute thread. Outlives its rings' use, and they its.
class ChangeRetention {
 public:
  struct Options {
    uint64_t bytes_max = 64u << 20;
    int64_t age_micros_max = 600'000'000;
  };

  ChangeRetention(Options options, const Clock* clock) : options_(options), clock_(clock) {}

  // A ring has taken so many bytes for its running epoch. Where they are too many, the oldest epochs of all rings go,
  // and at last the running one.
  void Took(ChangeRing* ring, uint64_t bytes);
  // What a ring keeps takes another number of bytes than before.
  void Resized(uint64_t before, uint64_t after) { bytes_ += after - before; }
  // A ring's running epoch is kept from now on.
  void Sealed(ChangeRing* ring) { kept_.push_back({ring, clock_->MonotonicMicros()}); }
  // Gives up what is too old. Call it now and then.
  void DropOld();

  uint64_t bytes() const { return bytes_; }

 private:
  struct Kept {
    ChangeRing* ring;  // its oldest epoch that has not been given up
    int64_t since_micros;
  };
  void DropOldest();

  const Options options_;
  const Clock* const clock_;
  uint64_t bytes_ = 0;
  std::deque<Kept> kept_;  // in the order of sealing
};

}  // namespace freshet
