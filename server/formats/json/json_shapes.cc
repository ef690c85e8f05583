#include "server/formats/json/json_shapes.h"

#include <algorithm>

namespace freshet {
namespace {

constexpr size_t kShapesMax = 4;
// A shape that fitted so often was worth learning, which costs about as much as parsing two records.
constexpr uint32_t kHitsThatPay = 16;
constexpr uint32_t kLearnGapMax = 1024;
// Trying in vain costs about half of what a fit saves.
constexpr int kMissCost = 2;
constexpr int kBalanceMax = 64;
constexpr uint32_t kPause = 128;

}  // namespace

bool JsonShapes::Fill(std::string_view record, FieldRow& row) {
  if (known_.empty()) return false;
  if (pause_ > 0) {
    --pause_;
    return false;
  }
  for (size_t tried = 0; tried < known_.size(); ++tried) {
    Known& known = known_[likely_];
    if (known.shape.Fill(record, row)) {
      known.hits = std::min(known.hits + 1, kHitsThatPay);
      balance_ = std::min(balance_ + 1, kBalanceMax);
      return true;
    }
    row.Clear();
    likely_ = likely_ + 1 < known_.size() ? likely_ + 1 : 0;
  }
  balance_ -= kMissCost;
  if (balance_ < -kBalanceMax) {
    balance_ = 0;
    pause_ = kPause;
  }
  return false;
}

void JsonShapes::Learn(const JsonIndex& index, const FieldRow& row) {
  if (learn_in_ > 0) {
    --learn_in_;
    return;
  }
  std::optional<JsonShape> shape = JsonShape::Of(index, row);
  const bool full = known_.size() == kShapesMax;
  const bool paid = shape && (!full || known_[oldest_].hits == kHitsThatPay);
  learn_gap_ = paid ? 0 : std::min(2 * learn_gap_ + 1, kLearnGapMax);
  learn_in_ = learn_gap_;
  if (!shape) return;
  if (!full) {
    known_.push_back({*std::move(shape)});
    likely_ = known_.size() - 1;
    return;
  }
  known_[oldest_] = {*std::move(shape)};
  likely_ = oldest_;
  oldest_ = (oldest_ + 1) % kShapesMax;
}

}  // namespace freshet
