#include "engine/operators/semi_join.h"

namespace freshet {

SemiJoin::SemiJoin(Kind kind, const JoinOptions& options)
    : layout_(SymmetricJoin::LayoutOf(options)),
      indicator_(layout_, kind == Kind::kSemi ? MatchIndicator::Wanted::kMatched : MatchIndicator::Wanted::kUnmatched,
                 {}),
      join_(options, layout_, KeyedRows::Cells::kDropped) {
  CHECK(!options.condition.has_value()) << "see ConditionalJoin";
}

Progress SemiJoin::Push(PortIndex port, const DeltaBatch& batch, Output&) {
  indicator_.Insert(join_, port, batch);
  return Progress::kDone;
}

}  // namespace freshet
