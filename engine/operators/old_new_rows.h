// Puts together what an operator emits at seal: rows as they were before the epoch, and rows as they are now.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/columnar/delta_batch.h"

namespace freshet {

// Changes to emit: each names a row, and its weight. Rows are numbered through the old ones, then the new ones.
struct OldNewChanges {
  std::vector<uint32_t> rows;
  std::vector<int64_t> weights;

  void Add(uint32_t row, int64_t weight) {
    rows.push_back(row);
    weights.push_back(weight);
  }
};

// Rows 2i and 2i + 1 of the result are row old_rows[i] of `old_cells` and row new_rows[i] of `new_cells`, of one type.
Column PairColumns(const Column& old_cells, std::span<const uint32_t> old_rows, const Column& new_cells,
                   std::span<const uint32_t> new_rows);

// The batch of the changes. The two sets of rows have the same column types; either may be without columns: no rows.
DeltaBatch GatherChanges(const OldNewChanges& changes, std::span<const Column> old_columns,
                         std::span<const Column> new_columns);

}  // namespace freshet
