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

// The batch of the changes. The two sets of rows have the same column types; either may be without columns: no rows.
DeltaBatch GatherChanges(const OldNewChanges& changes, std::span<const Column> old_columns,
                         std::span<const Column> new_columns);

}  // namespace freshet
