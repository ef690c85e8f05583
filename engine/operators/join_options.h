// What every join is made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/columnar/delta_batch.h"
#include "engine/expr/expression.h"
#include "engine/operators/keyed_rows.h"

namespace freshet {

// Port 0 is the left input, port 1 the right one.
struct JoinOptions {
  // The keys have as many columns, pair by pair of the same types (numeric modifiers may differ).
  KeyedInput left;
  KeyedInput right;
  // Keeps only the pairs for which it is TRUE: over the left columns, then the right ones. A pair for which it is ERROR
  // does not match and is counted. For InnerJoin and ConditionalJoin.
  std::optional<Expression> condition;
  // NULL keys are equal to each other; else a row with NULL in its key has no partner.
  bool null_safe = false;
  // The node's part of the ids of its states.
  std::string node;
  uint64_t hash_seed = 0;
  // Counts rows with an ERROR cell in the key, which no join uses, and pairs with an ERROR condition. May be nullptr,
  // else it outlives the operator.
  ErrorCounter* errors = nullptr;
};

}  // namespace freshet
