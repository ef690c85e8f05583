#include "engine/views/change_retention.h"

#include "engine/views/change_ring.h"

namespace freshet {

void ChangeRetention::Took(ChangeRing* ring, uint64_t bytes) {
  bytes_ += bytes;
  while (bytes_ > options_.bytes_max && !kept_.empty()) DropOldest();
  if (bytes_ > options_.bytes_max) ring->GiveUpRunning();
}

void ChangeRetention::DropOld() {
  const int64_t now = clock_->MonotonicMicros();
  while (!kept_.empty() && now - kept_.front().since_micros > options_.age_micros_max) DropOldest();
}

void ChangeRetention::DropOldest() {
  ChangeRing* ring = kept_.front().ring;
  kept_.pop_front();
  ring->DropOldest();
}

}  // namespace freshet
