#include "server/shard/reading/held_epochs.h"

#include <algorithm>

#include "engine/base/check.h"

namespace freshet {

HeldEpochs::~HeldEpochs() {
  for (const Held& held : holds_) Drop(held);
}

void HeldEpochs::Keep(Epoch oldest, Epoch needed) {
  oldest_ = std::max(oldest_, std::min(oldest, needed));
  needed_ = std::max(needed_, needed);
  for (ViewStore* view : views_) view->SetOldestNeeded(oldest_);
}

void HeldEpochs::Hold(ViewId view, Epoch epoch, int64_t now_micros) {
  auto same = std::find_if(holds_.begin(), holds_.end(),
                           [&](const Held& held) { return held.view == view && held.epoch == epoch; });
  if (same == holds_.end()) {
    if (!views_[view.value()]->Pin(epoch)) return;  // given up a moment ago: the next page says so
  } else {
    holds_.erase(same);
  }
  holds_.push_back({view, epoch, now_micros + options_.hold_micros});
}

bool HeldEpochs::Relax(int64_t now_micros) {
  while (!holds_.empty() && holds_.front().until_micros <= now_micros) {
    Drop(holds_.front());
    holds_.pop_front();
  }
  // What nobody needs goes first, bit by bit: only then it is known whether the rest is too much.
  for (ViewStore* view : views_) {
    if (view->DropVersions()) return true;
  }
  if (version_bytes() <= options_.old_versions_bytes) return false;
  if (oldest_ < needed_) {
    Keep(needed_, needed_);
    return true;
  }
  if (holds_.empty()) return false;
  Drop(holds_.front());
  holds_.pop_front();
  return true;
}

uint64_t HeldEpochs::version_bytes() const {
  uint64_t bytes = 0;
  for (const ViewStore* view : views_) bytes += view->version_bytes();
  return bytes;
}

}  // namespace freshet
