#include "engine/views/change_ring.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "engine/columnar/batch_codec.h"

namespace freshet {
namespace {

// What a piece takes beside its bytes.
constexpr uint64_t kPieceOverhead = 64;

uint64_t BytesOf(const std::vector<std::string>& pieces, size_t from) {
  uint64_t bytes = 0;
  for (size_t i = from; i < pieces.size(); ++i) bytes += pieces[i].capacity() + kPieceOverhead;
  return bytes;
}

}  // namespace

void AppendPieces(const DeltaBatch& batch, std::vector<std::string>* pieces) {
  if (batch.empty()) return;
  if (BatchBytes(batch) > kPieceBytes && batch.size() > 1) {
    const uint32_t half = batch.size() / 2;
    std::vector<uint32_t> rows(batch.size());
    std::iota(rows.begin(), rows.end(), 0u);
    AppendPieces(GatherBatch(batch, std::span(rows).first(half)), pieces);
    AppendPieces(GatherBatch(batch, std::span(rows).subspan(half)), pieces);
    return;
  }
  std::string& piece = pieces->emplace_back();
  // Without hashes: nobody who reads changes needs them.
  EncodeBatch(DeltaBatch(batch.size(), batch.columns(), batch.weights_buffer()), &piece);
  piece.shrink_to_fit();
}

void ChangeRing::Begin(Epoch epoch, bool load) {
  CHECK(running_.pieces.empty()) << "epoch " << epoch << " begins before the one before is committed";
  running_ = Kept();
  loading_ = load;
  // What stood before the first epoch of this process is not known here.
  gave_up_ = committed_ == Epoch();
}

void ChangeRing::Add(const DeltaBatch& batch) {
  if (loading_ || gave_up_ || batch.empty()) return;
  size_t before = running_.pieces.size();
  AppendPieces(batch, &running_.pieces);
  const int64_t* weights = batch.weights();
  bool retracts = weights != nullptr && std::any_of(weights, weights + batch.size(), [](int64_t w) { return w < 0; });
  // Rows that only come cannot cancel out.
  if (retracts) running_.net = false;
  uint64_t bytes = BytesOf(running_.pieces, before);
  running_.bytes += bytes;
  retention_->Took(this, bytes);
}

void ChangeRing::Commit(const Commitment& commitment) {
  committed_ = commitment.epoch;
  visible_ = commitment.load_complete;
  if (loading_ || gave_up_) {
    CHECK(kept_.empty()) << "epochs are kept from before a gap";
    oldest_ = committed_;
  } else if (!running_.pieces.empty()) {
    running_.epoch = committed_;
    kept_.push_back(std::move(running_));
    retention_->Sealed(this);
  }
  running_ = Kept();
}

void ChangeRing::DropOldest() {
  CHECK(!kept_.empty());
  oldest_ = kept_.front().epoch;
  retention_->Resized(kept_.front().bytes, 0);
  kept_.pop_front();
}

void ChangeRing::GiveUpRunning() {
  gave_up_ = true;
  retention_->Resized(running_.bytes, 0);
  running_.bytes = 0;
  running_.pieces = {};
}

ChangeRing::Kept* ChangeRing::FirstAfter(Epoch after) {
  auto found = std::upper_bound(kept_.begin(), kept_.end(), after,
                                [](Epoch epoch, const Kept& kept) { return epoch < kept.epoch; });
  return found == kept_.end() ? nullptr : &*found;
}

void ChangeRing::SetNet(Kept& kept, std::vector<std::string> pieces) {
  const uint64_t before = kept.bytes;
  kept.pieces = std::move(pieces);
  kept.net = true;
  kept.bytes = BytesOf(kept.pieces, 0);
  retention_->Resized(before, kept.bytes);
}

}  // namespace freshet
