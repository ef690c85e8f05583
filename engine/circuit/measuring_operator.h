// Wraps an operator and adds up the time of its calls. The clock has no influence on results.
#pragma once

#include <memory>

#include "engine/base/clock.h"
#include "engine/circuit/operator.h"

namespace freshet {

class MeasuringOperator : public Operator {
 public:
  // `clock` outlives the operator.
  MeasuringOperator(std::unique_ptr<Operator> inner, const Clock* clock) : inner_(std::move(inner)), clock_(clock) {}

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override {
    Timer timer(this);
    return inner_->Push(port, batch, out);
  }
  Progress Seal(const SealContext& context, Output& out) override {
    Timer timer(this);
    return inner_->Seal(context, out);
  }
  Progress Resume(Output& out) override {
    Timer timer(this);
    return inner_->Resume(out);
  }
  void EndInput(PortIndex port) override { inner_->EndInput(port); }
  bool SealsWithoutInput() const override { return inner_->SealsWithoutInput(); }
  void SaveDirty(StateWriter& writer) override { inner_->SaveDirty(writer); }
  absl::Status Load(StateReader& reader, VnodeId vnode) override { return inner_->Load(reader, vnode); }
  size_t StateBytes() const override { return inner_->StateBytes(); }

  // Time spent in Push, Seal and Resume.
  int64_t micros() const { return micros_; }

 private:
  class Timer {
   public:
    explicit Timer(MeasuringOperator* owner) : owner_(owner), start_(owner->clock_->MonotonicMicros()) {}
    ~Timer() { owner_->micros_ += owner_->clock_->MonotonicMicros() - start_; }

   private:
    MeasuringOperator* owner_;
    int64_t start_;
  };

  std::unique_ptr<Operator> inner_;
  const Clock* clock_;
  int64_t micros_ = 0;
};

}  // namespace freshet
