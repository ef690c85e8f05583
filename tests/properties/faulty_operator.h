// Wraps an operator and plants one kind of error in it, to see whether the property tests notice.
#pragma once

#include <memory>
#include <numeric>
#include <vector>

#include "engine/circuit/operator.h"

namespace freshet {

enum class Fault : uint8_t {
  kDropsRow,           // a row of some output batches is lost
  kDoublesRow,         // ... comes twice
  kForgetsRetraction,  // ... with negative weight is lost
  kWrongSign,          // ... has its weight negated
  kLosesState,         // nothing is loaded at a restart
  kSavesOnlyOnce,      // later checkpoints save nothing
  kForgetsDeletions,   // checkpoints keep what was deleted
  kEndsEarly,          // the second input is said to have ended after the first epoch
};
inline constexpr Fault kAllFaults[] = {Fault::kDropsRow,        Fault::kDoublesRow, Fault::kForgetsRetraction,
                                       Fault::kWrongSign,       Fault::kLosesState, Fault::kSavesOnlyOnce,
                                       Fault::kForgetsDeletions};

class FaultyOperator : public Operator {
 public:
  FaultyOperator(Fault fault, std::unique_ptr<Operator> inner) : fault_(fault), inner_(std::move(inner)) {}

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override {
    return Spoil(inner_->Push(port, batch, between_), out);
  }
  Progress Seal(const SealContext& context, Output& out) override {
    Progress progress = inner_->Seal(context, between_);
    if (fault_ == Fault::kEndsEarly && progress == Progress::kDone) inner_->EndInput(PortIndex(1));
    return Spoil(progress, out);
  }
  Progress Resume(Output& out) override { return Spoil(inner_->Resume(between_), out); }
  void EndInput(PortIndex port) override { inner_->EndInput(port); }
  bool SealsWithoutInput() const override { return inner_->SealsWithoutInput(); }
  void SaveDirty(StateWriter& writer) override {
    SpoiledWriter spoiled(this, &writer);
    inner_->SaveDirty(spoiled);
    saved_ = true;
  }
  absl::Status Load(StateReader& reader, VnodeId vnode) override {
    return fault_ == Fault::kLosesState ? absl::OkStatus() : inner_->Load(reader, vnode);
  }
  size_t StateBytes() const override { return inner_->StateBytes(); }

 private:
  class SpoiledWriter : public StateWriter {
   public:
    SpoiledWriter(const FaultyOperator* owner, StateWriter* writer) : owner_(owner), writer_(writer) {}
    void Put(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part, std::string_view value) override {
      if (owner_->fault_ == Fault::kSavesOnlyOnce && owner_->saved_) return;
      writer_->Put(id, vnode, hash, part, value);
    }
    void Delete(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part) override {
      if (owner_->fault_ == Fault::kSavesOnlyOnce && owner_->saved_) return;
      if (owner_->fault_ != Fault::kForgetsDeletions) writer_->Delete(id, vnode, hash, part);
    }

   private:
    const FaultyOperator* owner_;
    StateWriter* writer_;
  };

  Progress Spoil(Progress progress, Output& out) {
    for (const DeltaBatch& batch : between_.TakeBatches()) out.Emit(++batches_ % 5 == 0 ? Spoiled(batch) : batch);
    return progress;
  }

  DeltaBatch Spoiled(const DeltaBatch& batch) const {
    std::vector<uint32_t> rows(batch.size());
    std::iota(rows.begin(), rows.end(), 0);
    const uint32_t victim = batches_ % batch.size();
    switch (fault_) {
      case Fault::kDropsRow:
        rows.erase(rows.begin() + victim);
        break;
      case Fault::kDoublesRow:
        rows.push_back(victim);
        break;
      case Fault::kForgetsRetraction:
        std::erase_if(rows, [&](uint32_t row) { return batch.WeightAt(row) < 0; });
        break;
      case Fault::kWrongSign: {
        BufferRef weights = BufferRef::Of<int64_t>(batch.size());
        for (uint32_t row = 0; row < batch.size(); ++row) {
          weights.mutable_as<int64_t>()[row] = row == victim ? -batch.WeightAt(row) : batch.WeightAt(row);
        }
        return DeltaBatch(batch.size(), batch.columns(), std::move(weights));
      }
      case Fault::kLosesState:
      case Fault::kSavesOnlyOnce:
      case Fault::kForgetsDeletions:
      case Fault::kEndsEarly:
        return batch;
    }
    DeltaBatch spoiled = GatherBatch(batch, rows);
    spoiled.set_paired(false);
    return spoiled;
  }

  const Fault fault_;
  const std::unique_ptr<Operator> inner_;
  Output between_;
  uint32_t batches_ = 0;
  bool saved_ = false;
};

}  // namespace freshet
