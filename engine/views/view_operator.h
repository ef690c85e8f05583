// Puts a view's store at the end of a circuit.
#pragma once

#include <utility>

#include "engine/circuit/operator.h"
#include "engine/views/change_ring.h"
#include "engine/views/view_store.h"

namespace freshet {

// Takes the changes of one relation and emits nothing. The store must outlive it; its Commit is called by whoever knows
// of commits. The same goes for the ring; nullptr: nobody follows the changes.
class ViewOperator : public Operator {
 public:
  ViewOperator(ViewStore* store, StateId id, ChangeRing* ring = nullptr)
      : store_(store), ring_(ring), id_(std::move(id)) {}

  Progress Push(PortIndex, const DeltaBatch& batch, Output&) override {
    store_->Apply(batch);
    if (ring_ != nullptr) ring_->Add(batch);
    return Progress::kDone;
  }
  void SaveDirty(StateWriter& writer) override { store_->SaveDirty(id_, writer); }
  absl::Status Load(StateReader& reader, VnodeId vnode) override { return store_->Load(id_, vnode, reader); }
  size_t StateBytes() const override { return store_->StateBytes(); }

 private:
  ViewStore* const store_;
  ChangeRing* const ring_;
  const StateId id_;
};

}  // namespace freshet
