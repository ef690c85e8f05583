// How a tree is made better and placed: the rules in the order in which they run, each in a file of its own in rules/.
#pragma once

#include <span>
#include <string_view>

#include "server/plan/plan_node.h"

namespace freshet {

struct PlannerRule {
  std::string_view name;
  std::string_view doc;  // one line
  PlanTree (*apply)(const PlanTree& tree);
};

std::span<const PlannerRule> PlannerRules();

// Runs all of them. CHECKs that the tree is valid at the end.
PlanTree ApplyRules(PlanTree tree);

}  // namespace freshet
