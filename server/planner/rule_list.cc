#include "server/planner/rule_list.h"

#include "engine/base/check.h"
#include "server/planner/rules/merge_projects.h"
#include "server/planner/rules/place_exchanges.h"
#include "server/planner/rules/prune_columns.h"
#include "server/planner/rules/push_filters.h"
#include "server/planner/rules/share_nodes.h"

namespace freshet {
namespace {

constexpr PlannerRule kRules[] = {
    {"share_nodes", "Nodes that compute the same become one.", ShareNodes},
    {"push_filters", "Conditions go towards the sources, where fewer rows pay for them.", PushFilters},
    {"merge_projects", "Projects of bare columns melt into those above them.", MergeProjects},
    {"prune_columns", "What nobody reads is not computed, not kept, and not decoded.", PruneColumns},
    {"merge_projects", "Likewise for those that pruning made.", MergeProjects},
    {"share_nodes", "Likewise for what has become equal.", ShareNodes},
    {"place_exchanges", "Rows are moved where their partitioning does not fit.", PlaceExchanges},
    {"share_nodes", "Exchanges that two readers need become one.", ShareNodes},
};

}  // namespace

std::span<const PlannerRule> PlannerRules() { return kRules; }

PlanTree ApplyRules(PlanTree tree) {
  for (const PlannerRule& rule : kRules) tree = rule.apply(tree);
  std::string wrong = ValidateTree(tree);
  CHECK(wrong.empty()) << wrong;
  return tree;
}

}  // namespace freshet
