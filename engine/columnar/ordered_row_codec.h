// Codes whole rows as bytes that compare like the rows in an order, and reads them back: rows of ordered states, and
// how ordered reads are merged and continued over shards.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/column_builder.h"
#include "engine/columnar/delta_batch.h"

namespace freshet {

struct SortColumn {
  ColumnIndex column;
  bool descending = false;
  bool nulls_first = false;
};

// Rows compare by the columns of the order, then by all others, ascending and NULLs last. Values compare as PostgreSQL
// has it, equal numerics by their scale (the larger first where descending); ERROR stands beside NULL, behind it.
// Different rows never have equal bytes (0.0 and -0.0 are told apart at the end). The bytes are kept in states: a
// change of them is a change of a state's format.
class OrderedRowCodec {
 public:
  // `types` of all columns of the rows.
  OrderedRowCodec(std::vector<DataType> types, std::span<const SortColumn> order);

  // Appends the bytes of a row of a batch, which has these columns in front.
  void Append(const DeltaBatch& batch, uint32_t row, std::string* out) const;
  // Appends the cells of a row that Append wrote to the builders of its columns.
  void Read(std::string_view bytes, std::span<ColumnBuilder> builders) const;

 private:
  std::vector<DataType> types_;
  std::vector<SortColumn> columns_;  // each column once
};

}  // namespace freshet
