#include "engine/operators/flat_map.h"

#include <algorithm>

namespace freshet {

FlatMap::FlatMap(std::span<const DataType> input, const TableFunction& function, std::vector<Expression> arguments,
                 std::vector<ColumnIndex> kept, ErrorCounter* errors)
    : function_(function),
      kept_(std::move(kept)),
      errors_(errors),
      results_(ResultTypeOf(function, TypesOf(arguments))),
      program_(input, std::move(arguments)) {}

Progress FlatMap::Push(PortIndex, const DeltaBatch& batch, Output& out) {
  if (batch.empty()) return Progress::kDone;
  arguments_ = program_.Evaluate(batch);
  batch_ = batch;
  row_ = 0;
  cursor_ = {};
  return Resume(out);
}

Progress FlatMap::Resume(Output& out) {
  for (; row_ < batch_.size(); ++row_, cursor_ = {}) {
    if (!ArgumentsAreValues(row_)) continue;
    while (!cursor_.done) {
      const uint32_t capacity = static_cast<uint32_t>(std::min<size_t>(kBatchRows, out.room()));
      if (results_.size() < capacity) {
        ShareHeaps();
        function_.kernel(arguments_, row_, capacity - results_.size(), cursor_, results_);
        source_rows_.resize(results_.size(), row_);
      }
      if (results_.size() < capacity) continue;
      EmitRows(out);
      if (out.full()) return Progress::kMore;
    }
  }
  EmitRows(out);
  batch_ = {};
  arguments_.clear();
  return Progress::kDone;
}

bool FlatMap::ArgumentsAreValues(uint32_t row) {
  bool values = true;
  for (const Column& argument : arguments_) {
    if (argument.IsValue(row)) continue;
    values = false;
    if (errors_ != nullptr && argument.IsError(row)) {
      errors_->Count(argument.ErrorAt(row), batch_.WeightAt(row), batch_, row);
      break;
    }
  }
  return values;
}

void FlatMap::ShareHeaps() {
  if (heaps_shared_) return;
  heaps_shared_ = true;
  for (const Column& argument : arguments_) {
    for (const BufferRef& heap : argument.heaps()) results_.AddHeap(heap);
  }
}

void FlatMap::EmitRows(Output& out) {
  if (results_.size() == 0) {
    if (heaps_shared_) results_.Finish();  // lets go of the heaps
    heaps_shared_ = false;
    return;
  }
  std::vector<Column> columns;
  columns.reserve(kept_.size() + 1);
  for (ColumnIndex column : kept_) columns.push_back(GatherColumn(batch_.column(column), source_rows_));
  columns.push_back(results_.Finish());
  BufferRef weights;
  if (batch_.weights() != nullptr) {
    weights = BufferRef::Of<int64_t>(source_rows_.size());
    for (size_t i = 0; i < source_rows_.size(); ++i)
      weights.mutable_as<int64_t>()[i] = batch_.weights()[source_rows_[i]];
  }
  out.Emit(DeltaBatch(static_cast<uint32_t>(source_rows_.size()), std::move(columns), std::move(weights)));
  source_rows_.clear();
  heaps_shared_ = false;
}

}  // namespace freshet
