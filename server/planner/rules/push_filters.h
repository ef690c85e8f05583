#pragma once

#include "server/plan/plan_node.h"

namespace freshet {

// Pushes the conditions of filters towards the sources, as far as only one reader sees the difference: what several
// nodes read stays as it is, so that it is computed once.
PlanTree PushFilters(const PlanTree& tree);

}  // namespace freshet
