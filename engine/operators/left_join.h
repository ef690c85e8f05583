// Joins two inputs on equal keys and keeps left rows without a partner, with NULL in the right columns. Pairs come at
// once, left rows without a partner at seal.
#pragma once

#include "engine/operators/match_indicator.h"
#include "engine/operators/symmetric_join.h"

namespace freshet {

class LeftJoin : public Operator {
 public:
  // `options.condition` must be absent (CHECK): ConditionalJoin is for joins that have one.
  explicit LeftJoin(const JoinOptions& options);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override;
  Progress Resume(Output& out) override;
  void SaveDirty(StateWriter& writer) override { join_.SaveDirty(writer); }
  absl::Status Load(StateReader& reader, VnodeId vnode) override { return join_.Load(reader, vnode); }
  size_t StateBytes() const override { return join_.StateBytes(); }

 private:
  EntryLayout layout_;
  MatchIndicator unmatched_;
  SymmetricJoin join_;
  bool sealing_ = false;
};

}  // namespace freshet
