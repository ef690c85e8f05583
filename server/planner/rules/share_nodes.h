#pragma once

#include "server/plan/plan_node.h"

namespace freshet {

// Makes nodes with one fingerprint one node.
PlanTree ShareNodes(const PlanTree& tree);

// Likewise, but for trees of inner joins: two that begin alike may be better in different orders.
PlanTree ShareNodesAboveJoins(const PlanTree& tree);

}  // namespace freshet
