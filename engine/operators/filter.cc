#include "engine/operators/filter.h"

namespace freshet {

Filter::Filter(std::span<const DataType> input, Expression condition, ErrorCounter* errors)
    : program_(input, {std::move(condition)}), errors_(errors) {}

Progress Filter::Push(PortIndex, const DeltaBatch& batch, Output& out) {
  rows_.clear();
  failed_.clear();
  program_.Select(batch, &rows_, &failed_);
  if (errors_ != nullptr) {
    for (const auto& [row, error] : failed_) errors_->Count(error, batch.WeightAt(row), batch, row);
  }
  // One batch in, at most one out: nothing can be left for Resume.
  if (rows_.size() == batch.size()) {
    out.Emit(batch);
  } else if (!rows_.empty()) {
    DeltaBatch kept = GatherBatch(batch, rows_);
    kept.set_paired(false);
    out.Emit(std::move(kept));
  }
  return Progress::kDone;
}

}  // namespace freshet
