// Keeps one row of each kind: SELECT DISTINCT. Emits at seal what appeared and what vanished.
#pragma once

#include <memory>
#include <vector>

#include "engine/circuit/operator.h"

namespace freshet {

struct DistinctOptions {
  std::vector<DataType> input_types;  // at least one
  StateId state;
  uint64_t hash_seed = 0;
  ErrorCounter* errors = nullptr;  // may be absent
};

// DISTINCT is GROUP BY over all columns without an aggregate, also in what it does with ERROR cells: such rows are
// counted and left out.
std::unique_ptr<Operator> MakeDistinct(DistinctOptions options);

}  // namespace freshet
