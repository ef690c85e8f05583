// Joins two inputs on equal keys; gives the pairs at once, left columns then right columns. NULL keys never match.
#pragma once

#include "engine/operators/symmetric_join.h"

namespace freshet {

class InnerJoin : public Operator {
 public:
  explicit InnerJoin(const JoinOptions& options);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override;
  Progress Resume(Output& out) override;
  // Rows of the other side need not be kept: nothing will ask for them.
  void EndInput(PortIndex port) override {
    join_.StopKeeping(port == SymmetricJoin::kLeft ? SymmetricJoin::kRight : SymmetricJoin::kLeft);
  }
  void SaveDirty(StateWriter& writer) override { join_.SaveDirty(writer); }
  absl::Status Load(StateReader& reader, VnodeId vnode) override { return join_.Load(reader, vnode); }
  size_t StateBytes() const override { return join_.StateBytes(); }

 private:
  SymmetricJoin join_;
  // Only once a batch of the epoch had weights can a row have gone, also by a later +1.
  bool weights_seen_ = false;
};

}  // namespace freshet
