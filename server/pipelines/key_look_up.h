// Whether a condition on a relation's rows names the key of one of its stores: of the relation itself, or of an index.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/columnar/datum.h"
#include "engine/expr/expression.h"
#include "freshet/v1/physical_plan.pb.h"

namespace freshet {

struct KeyLookUp {
  uint32_t view = 0;         // of the plan's views
  std::vector<Datum> cells;  // of its key columns; never NULL
};

// The store with the longest key of which `where`, a condition over the schema of view `relation`, says by AND that
// each column equals a constant: all rows for which it is TRUE have that key. No value: there is none.
std::optional<KeyLookUp> FindKeyLookUp(const Expression& where, const v1::PhysicalPlan& plan, uint32_t relation);

}  // namespace freshet
