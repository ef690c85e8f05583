#include "engine/operators/inner_join.h"

namespace freshet {

InnerJoin::InnerJoin(const JoinOptions& options)
    : join_(options, SymmetricJoin::LayoutOf(options), KeyedRows::Cells::kKept) {}

Progress InnerJoin::Push(PortIndex port, const DeltaBatch& batch, Output& out) {
  weights_seen_ |= batch.weights() != nullptr;
  join_.Insert(port, batch);
  if (join_.StartProbe(port, batch, out) == Progress::kMore) return Progress::kMore;
  if (weights_seen_) join_.RetireEmpty();
  return Progress::kDone;
}

Progress InnerJoin::Resume(Output& out) {
  if (join_.ContinueProbe(out) == Progress::kMore) return Progress::kMore;
  if (weights_seen_) join_.RetireEmpty();
  return Progress::kDone;
}

Progress InnerJoin::Seal(const SealContext&, Output&) {
  weights_seen_ = false;
  return Progress::kDone;
}

}  // namespace freshet
