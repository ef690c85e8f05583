#include "engine/operators/left_join.h"

namespace freshet {

LeftJoin::LeftJoin(const JoinOptions& options)
    : layout_(SymmetricJoin::LayoutOf(options)),
      unmatched_(layout_, MatchIndicator::Wanted::kUnmatched, options.right.types),
      join_(options, layout_, KeyedRows::Cells::kKept) {
  CHECK(!options.condition.has_value()) << "see ConditionalJoin";
}

Progress LeftJoin::Push(PortIndex port, const DeltaBatch& batch, Output& out) {
  unmatched_.Insert(join_, port, batch);
  return join_.StartProbe(port, batch, out);
}

Progress LeftJoin::Seal(const SealContext&, Output& out) {
  sealing_ = true;
  return Resume(out);
}

Progress LeftJoin::Resume(Output& out) {
  if (!sealing_) return join_.ContinueProbe(out);
  if (unmatched_.Emit(join_, out) == Progress::kMore) return Progress::kMore;
  sealing_ = false;
  return Progress::kDone;
}

}  // namespace freshet
