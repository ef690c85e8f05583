// Orders inner joins by keys and conditions (join_estimates.h), so that few rows are kept and passed on, and no two
// inputs meet without an equality as long as another order has one. Conditions go with equal columns to every input.
#pragma once

#include "server/plan/plan_node.h"

namespace freshet {

PlanTree OrderJoins(const PlanTree& tree);

}  // namespace freshet
