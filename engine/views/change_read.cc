#include "engine/views/change_read.h"

#include "engine/base/check.h"
#include "engine/columnar/batch_codec.h"

namespace freshet {

absl::StatusOr<bool> ChangeRead::Step() {
  // Asked at every step: what is being read may fall out in between.
  if (place_.epoch < ring_.oldest()) return absl::OutOfRangeError("changes behind the epoch are not kept");
  ChangeRing::Kept* kept = ring_.FirstAfter(place_.epoch);
  if (kept == nullptr || kept->epoch > query_.up_to) {
    if (place_.pieces > 0) return absl::InvalidArgumentError("the cursor names an epoch that did not change the view");
    place_ = {query_.up_to, 0};
    return true;
  }
  if (!kept->net) {
    StepNet(*kept);
    return false;
  }
  if (place_.pieces > kept->pieces.size()) return absl::InvalidArgumentError("the cursor is behind its epoch's end");
  if (place_.pieces < kept->pieces.size()) {
    const std::string& piece = kept->pieces[place_.pieces];
    if (!pieces_.empty() && bytes_ + piece.size() > query_.bytes_max) return true;
    bytes_ += piece.size();
    pieces_.push_back({kept->epoch, piece});
    ++place_.pieces;
  }
  if (place_.pieces == kept->pieces.size()) place_ = {kept->epoch, 0};
  return false;
}

void ChangeRead::StepNet(ChangeRing::Kept& kept) {
  if (net_ == nullptr || net_epoch_ != kept.epoch) {
    net_ = std::make_unique<NetRows>(ring_.schema());
    net_epoch_ = kept.epoch;
    net_added_ = 0;
    net_pieces_.clear();
  }
  if (net_added_ < kept.pieces.size()) {
    std::vector<DataType> types;
    for (const Field& field : ring_.schema()) types.push_back(field.type);
    auto batch = DecodeBatch(kept.pieces[net_added_++], types);
    CHECK(batch.ok()) << batch.status();
    net_->Add(*batch);
    return;
  }
  if (DeltaBatch batch; net_->Take(kBatchRows, &batch)) {
    AppendPieces(batch, &net_pieces_);
    return;
  }
  net_ = nullptr;
  ring_.SetNet(kept, std::move(net_pieces_));
}

}  // namespace freshet
