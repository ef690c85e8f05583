// The keys of the cells (sort_key.h), in the order of the columns; behind that of a cell without a value a byte: 0 =
// NULL, n = ERROR n. After all cells, for each double that is a value, whether it is -0.0, which its key does not tell.
#include "engine/columnar/ordered_row_codec.h"

#include <cmath>

#include "engine/base/check.h"
#include "engine/columnar/sort_key.h"

namespace freshet {
namespace {

SortOrder OrderOf(const SortColumn& sort) { return {sort.descending, sort.nulls_first}; }

uint8_t TakeByte(std::string_view* bytes) {
  CHECK(!bytes->empty()) << "the bytes of a row end early";
  const auto byte = static_cast<uint8_t>(bytes->front());
  bytes->remove_prefix(1);
  return byte;
}

}  // namespace

OrderedRowCodec::OrderedRowCodec(std::vector<DataType> types, std::span<const SortColumn> order)
    : types_(std::move(types)) {
  std::vector<bool> seen(types_.size(), false);
  for (const SortColumn& column : order) {
    if (!seen[column.column.value()]) columns_.push_back(column);
    seen[column.column.value()] = true;
  }
  for (uint32_t i = 0; i < types_.size(); ++i) {
    if (!seen[i]) columns_.push_back({.column = ColumnIndex(i)});
  }
}

void OrderedRowCodec::Append(const DeltaBatch& batch, uint32_t row, std::string* out) const {
  for (const SortColumn& sort : columns_) {
    const Column& column = batch.column(sort.column);
    AppendSortKey(column, row, OrderOf(sort), out);
    if (!column.IsValue(row)) out->push_back(static_cast<char>(column.ErrorAt(row)));
  }
  for (const SortColumn& sort : columns_) {
    const Column& column = batch.column(sort.column);
    if (column.physical() != PhysicalType::kDouble || !column.IsValue(row)) continue;
    const double value = column.values<double>()[row];
    out->push_back(value == 0 && std::signbit(value) ? '\1' : '\0');
  }
}

void OrderedRowCodec::Read(std::string_view bytes, std::span<ColumnBuilder> builders) const {
  std::vector<std::pair<ColumnBuilder*, double>> doubles;
  for (const SortColumn& sort : columns_) {
    const DataType type = types_[sort.column.value()];
    ColumnBuilder& builder = builders[sort.column.value()];
    const Datum cell = TakeSortKey(&bytes, type, OrderOf(sort));
    if (!cell.is_value()) {
      const auto error = static_cast<CellError>(TakeByte(&bytes));
      error == CellError::kNone ? builder.AppendNull() : builder.AppendError(error);
    } else if (PhysicalOf(type.kind) == PhysicalType::kDouble) {
      doubles.emplace_back(&builder, cell.double_value());
    } else {
      AppendDatum(cell, builder);
    }
  }
  for (auto& [builder, value] : doubles) builder->Append(TakeByte(&bytes) != 0 ? -value : value);
  CHECK(bytes.empty()) << "more bytes than those of a row";
}

}  // namespace freshet
