// A load of what is not append-only stays in `changes_` until the first epoch that is known not to be part of it: at
// the commit that ends it or, in a replay, where that commit was not the last one, at the next epoch's begin. Either
// way it gets the number of the load's last epoch, so a replay gives it the same one.
#include "engine/operators/sink_feed.h"

#include <algorithm>
#include <vector>

namespace freshet {
namespace {

// Batches of one HandOver.
constexpr int kPieces = 32;
// A load lets go of rows that went again once it has so many and twice as many as after the last time.
constexpr size_t kCompactRows = 64 * 1024;

}  // namespace

void SinkFeed::StartHistory(Epoch history) {
  history_ = history;
  history_begins_ = true;
}

void SinkFeed::Begin(Epoch epoch, bool load) {
  if (!load) HandOverLoad();
  epoch_ = epoch;
  load_ = load;
  before_history_ = epoch < history_;
}

void SinkFeed::Add(const DeltaBatch& batch) {
  const auto& columns = batch.columns();
  bool any_error = std::ranges::any_of(columns, [](const Column& column) { return column.error_codes() != nullptr; });
  if (!any_error) return changes_.Add(batch);
  std::vector<uint32_t> kept;
  for (uint32_t row = 0; row < batch.size(); ++row) {
    auto failed = std::ranges::find_if(columns, [&](const Column& column) { return column.IsError(row); });
    if (failed == columns.end()) {
      kept.push_back(row);
      continue;
    }
    error_rows_ += batch.WeightAt(row);
    if (errors_ != nullptr) errors_->Count(failed->ErrorAt(row), batch.WeightAt(row), batch, row);
  }
  if (!kept.empty()) changes_.Add(GatherBatch(batch, kept));
}

Progress SinkFeed::HandOver() {
  if (Holds()) {
    if (changes_.size() >= kCompactRows && changes_.size() >= 2 * compacted_size_) {
      changes_.Compact();
      compacted_size_ = changes_.size();
    }
    return Progress::kDone;
  }
  if (HandOverSome(kPieces)) return Progress::kMore;
  Prepare();
  return Progress::kDone;
}

bool SinkFeed::HandOverSome(int pieces) {
  for (DeltaBatch batch; pieces > 0; --pieces) {
    if (!changes_.Take(&batch)) return false;
    sink_->Write(batch);
    handed_any_ = true;
  }
  return true;
}

// Readers learn from its first epoch that a history begins, also where the relation is empty.
void SinkFeed::Prepare() {
  const bool begins = std::exchange(history_begins_, false);
  if (std::exchange(handed_any_, false) || begins) sink_->Prepare(epoch_);
}

void SinkFeed::HandOverLoad() {
  if (before_history_ || !load_ || options_.append_only) return;
  load_ = false;
  compacted_size_ = 0;
  HandOverAll();
}

void SinkFeed::HandOverAll() {
  while (HandOverSome(kPieces)) {
  }
  Prepare();
}

void SinkFeed::Commit(const Commitment& commitment) {
  if (commitment.load_complete) HandOverLoad();
  // An epoch without rows is sealed by nobody.
  if (history_begins_ && !Holds()) HandOverAll();
  if (!commitment.replaying) sink_->Commit(commitment.epoch, commitment.finished);
}

}  // namespace freshet
