// Codes rows as bytes that compare like the rows: how ordered reads are merged and continued over shards.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/columnar/delta_batch.h"

namespace freshet {

struct SortColumn {
  ColumnIndex column;
  bool descending = false;
  bool nulls_first = false;
};

// Appends the key of one row: the sort columns, then every column ascending, so that different rows never have equal
// keys (also 1.0 and 1.00). Values compare as CompareCells has it; ERROR stands beside NULL, behind it.
void AppendSortKey(const DeltaBatch& batch, uint32_t row, std::span<const SortColumn> order, std::string* key);

}  // namespace freshet
