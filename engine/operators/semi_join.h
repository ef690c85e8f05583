// Keeps the left rows whose key has a partner on the right (semi), or has none (anti: NOT EXISTS, so a NULL key has
// none). Emits at seal.
#pragma once

#include "engine/operators/match_indicator.h"
#include "engine/operators/symmetric_join.h"

namespace freshet {

class SemiJoin : public Operator {
 public:
  enum class Kind : uint8_t { kSemi, kAnti };

  // `options.condition` must be absent (CHECK): ConditionalJoin is for joins that have one.
  SemiJoin(Kind kind, const JoinOptions& options);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override { return (void)context, Resume(out); }
  Progress Resume(Output& out) override { return indicator_.Emit(join_, out); }
  void SaveDirty(StateWriter& writer) override { join_.SaveDirty(writer); }
  absl::Status Load(StateReader& reader, VnodeId vnode) override { return join_.Load(reader, vnode); }
  size_t StateBytes() const override { return join_.StateBytes(); }

 private:
  EntryLayout layout_;
  MatchIndicator indicator_;
  SymmetricJoin join_;
};

}  // namespace freshet
