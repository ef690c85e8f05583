#include "engine/circuit/checking_operator.h"

#include <algorithm>

#include "engine/base/check.h"

namespace freshet {

void CheckingOperator::EndInput(PortIndex port) {
  CHECK(!ended_[port.value()]) << name_ << ": port " << port << " ended twice";
  CHECK(!in_epoch_ && !more_) << name_ << ": port " << port << " ended in the middle of an epoch";
  ended_[port.value()] = true;
  inner_->EndInput(port);
}

Progress CheckingOperator::Push(PortIndex port, const DeltaBatch& batch, Output& out) {
  CHECK(!ended_[port.value()]) << name_ << ": rows at port " << port << ", which has ended";
  CHECK(!more_) << name_ << ": pushed while a Resume is due";
  CHECK_LT(port.value(), inputs_.size()) << name_;
  CHECK(!batch.empty()) << name_ << ": pushed an empty batch";
  CheckBatch(batch, inputs_[port.value()]);
  in_epoch_ = true;
  largest_input_ = std::max<size_t>(largest_input_, batch.size());
  return Take(inner_->Push(port, batch, out_), out);
}

Progress CheckingOperator::Seal(const SealContext& context, Output& out) {
  CHECK(!more_) << name_ << ": sealed while a Resume is due";
  CHECK_LT(sealed_, context.epoch) << name_ << ": sealed twice";
  CHECK(in_epoch_ || (sealed_ == Epoch() && inner_->SealsWithoutInput())) << name_ << ": sealed without input";
  sealed_ = context.epoch;
  sealing_ = true;
  return Take(inner_->Seal(context, out_), out);
}

Progress CheckingOperator::Resume(Output& out) {
  CHECK(more_) << name_ << ": resumed although it was done";
  return Take(inner_->Resume(out_), out);
}

void CheckingOperator::SaveDirty(StateWriter& writer) {
  CHECK(!more_ && !in_epoch_) << name_ << ": saved in the middle of an epoch";
  inner_->SaveDirty(writer);
}

absl::Status CheckingOperator::Load(StateReader& reader, VnodeId vnode) {
  CHECK(sealed_ == Epoch() && !in_epoch_) << name_ << ": loaded after its first epoch";
  return inner_->Load(reader, vnode);
}

Progress CheckingOperator::Take(Progress progress, Output& out) {
  more_ = progress == Progress::kMore;
  CHECK(!more_ || out_.rows() > 0) << name_ << ": answered kMore without any output, so it would be resumed for ever";
  if (sealing_ && !more_) {
    sealing_ = false;
    in_epoch_ = false;
  }
  size_t beyond = 0;  // rows emitted into a full output
  size_t rows = 0;
  for (DeltaBatch& batch : out_.TakeBatches()) {
    if (rows >= budget_) beyond += batch.size();
    rows += batch.size();
    CheckBatch(batch, output_);
    out.Emit(std::move(batch));
  }
  CHECK_LE(beyond, std::max<size_t>(kBatchRows, largest_input_)) << name_ << ": emitted on and on into a full output";
  return progress;
}

void CheckingOperator::CheckBatch(const DeltaBatch& batch, const Schema& schema) const {
  CHECK_EQ(batch.column_count(), schema.size()) << name_;
  for (uint32_t index = 0; index < schema.size(); ++index) {
    const Column& column = batch.column(ColumnIndex(index));
    CHECK(column.type() == schema[index].type) << name_ << ": column " << schema[index].name << " is "
                                               << TypeName(column.type()) << ", not " << TypeName(schema[index].type);
    CHECK_EQ(column.size(), batch.size()) << name_ << ": column " << schema[index].name;
  }
  if (batch.weights() != nullptr) {
    for (uint32_t row = 0; row < batch.size(); ++row) CHECK(batch.WeightAt(row) != 0) << name_ << ": weight 0";
  }
  if (!batch.paired()) return;
  CHECK(batch.size() % 2 == 0) << name_ << ": half a pair";
  for (uint32_t row = 0; row < batch.size(); ++row) CHECK_EQ(batch.WeightAt(row), row % 2 == 0 ? -1 : 1) << name_;
}

}  // namespace freshet
