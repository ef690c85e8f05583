// Wraps an operator and CHECKs the protocol of its calls and the form of its batches. For tests and debug builds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/columnar/types.h"

namespace freshet {

class CheckingOperator : public Operator {
 public:
  CheckingOperator(std::string name, std::unique_ptr<Operator> inner, std::vector<Schema> inputs, Schema output,
                   size_t output_row_budget)
      : name_(std::move(name)),
        inner_(std::move(inner)),
        inputs_(std::move(inputs)),
        output_(std::move(output)),
        budget_(output_row_budget),
        out_(output_row_budget) {}

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override;
  Progress Resume(Output& out) override;
  void EndInput(PortIndex port) override;
  bool SealsWithoutInput() const override { return inner_->SealsWithoutInput(); }
  void SaveDirty(StateWriter& writer) override;
  absl::Status Load(StateReader& reader, VnodeId vnode) override;
  size_t StateBytes() const override { return inner_->StateBytes(); }

 private:
  void CheckBatch(const DeltaBatch& batch, const Schema& schema) const;
  Progress Take(Progress progress, Output& out);

  const std::string name_;
  const std::unique_ptr<Operator> inner_;
  const std::vector<Schema> inputs_;
  std::vector<bool> ended_ = std::vector<bool>(inputs_.size());  // by port
  const Schema output_;
  const size_t budget_;
  size_t largest_input_ = 0;
  Output out_;  // between the inner operator and the circuit's output
  bool more_ = false;
  bool sealing_ = false;   // the call that answered kMore was a Seal
  bool in_epoch_ = false;  // rows came since the last seal
  Epoch sealed_;           // last epoch sealed
};

}  // namespace freshet
