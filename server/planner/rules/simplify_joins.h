// Makes joins of a kind that costs less and can be reordered where nothing tells them apart: a left join whose rows
// without a partner are dropped right behind it is an inner one, and so is a semi join with at most one partner.
#pragma once

#include "server/plan/plan_node.h"

namespace freshet {

PlanTree SimplifyJoins(const PlanTree& tree);

}  // namespace freshet
