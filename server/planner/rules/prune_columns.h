#pragma once

#include "server/plan/plan_node.h"

namespace freshet {

// Leaves out the columns and aggregate calls that nobody reads, down to what the sources decode.
PlanTree PruneColumns(const PlanTree& tree);

}  // namespace freshet
