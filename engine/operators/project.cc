#include "engine/operators/project.h"

namespace freshet {
namespace {

std::vector<std::optional<ColumnIndex>> BareColumns(size_t inputs, const std::vector<Expression>& outputs) {
  std::vector<std::optional<ColumnIndex>> output_of(inputs);
  for (uint32_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].kind != ExpressionKind::kColumn) continue;
    std::optional<ColumnIndex>& output = output_of[outputs[i].column.value()];
    if (!output.has_value()) output = ColumnIndex(i);
  }
  return output_of;
}

}  // namespace

Project::Project(std::span<const DataType> input, std::vector<Expression> outputs)
    : output_of_(BareColumns(input.size(), outputs)), program_(input, std::move(outputs)) {}

Progress Project::Push(PortIndex, const DeltaBatch& batch, Output& out) {
  if (batch.empty()) return Progress::kDone;
  DeltaBatch result(batch.size(), program_.Evaluate(batch), batch.weights_buffer());
  result.set_paired(batch.paired());
  if (batch.hashes_buffer()) {
    // The hashes hold on where every column of their key is an output.
    KeyColumns key;
    for (ColumnIndex column : batch.hash_key()) {
      if (output_of_[column.value()].has_value()) key.push_back(*output_of_[column.value()]);
    }
    if (key.size() == batch.hash_key().size()) result.SetHashes(std::move(key), batch.hashes_buffer());
  }
  out.Emit(std::move(result));
  return Progress::kDone;
}

}  // namespace freshet
