// A left, semi or anti join with a condition besides the equal keys, so that having a partner is a matter of the row:
// each left row has, beside its own weight, the weight of the pairs it is in.
#pragma once

#include "engine/operators/row_weights.h"
#include "engine/operators/symmetric_join.h"

namespace freshet {

class ConditionalJoin : public Operator {
 public:
  enum class Kind : uint8_t { kLeft, kSemi, kAnti };

  // `options.condition` must be given (CHECK). A left row with ERROR in its key takes no part; a pair for which the
  // condition is not TRUE is none.
  ConditionalJoin(Kind kind, const JoinOptions& options);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override;
  Progress Resume(Output& out) override;
  void SaveDirty(StateWriter& writer) override;
  absl::Status Load(StateReader& reader, VnodeId vnode) override;
  size_t StateBytes() const override { return join_.StateBytes() + left_rows_.StateBytes(); }

 private:
  void AddLeftRows(const DeltaBatch& batch);
  // Takes the pairs that the probe found, and goes on with it as long as nothing comes out.
  Progress TakePairs(Progress progress, Output& pairs, Output& out);
  BufferRef HashLeftRows(const DeltaBatch& batch) const;

  Kind kind_;
  KeyColumns left_key_, left_columns_;
  uint64_t hash_seed_;
  SymmetricJoin join_;
  RowWeights left_rows_;
  bool sealing_ = false;
  bool weights_seen_ = false;  // as InnerJoin's
};

}  // namespace freshet
