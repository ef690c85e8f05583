#pragma once

#include "server/plan/plan_node.h"

namespace freshet {

// Makes nodes with one fingerprint one node.
PlanTree ShareNodes(const PlanTree& tree);

}  // namespace freshet
