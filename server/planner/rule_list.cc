#include "server/planner/rule_list.h"

#include "engine/base/check.h"
#include "server/planner/rules/merge_projects.h"
#include "server/planner/rules/order_joins.h"
#include "server/planner/rules/place_exchanges.h"
#include "server/planner/rules/prune_columns.h"
#include "server/planner/rules/push_filters.h"
#include "server/planner/rules/share_nodes.h"
#include "server/planner/rules/simplify_joins.h"

namespace freshet {
namespace {

constexpr PlannerRule kRules[] = {
    {"share_nodes_above_joins", "Nodes that compute the same become one, before their joins are ordered.",
     ShareNodesAboveJoins},
    {"push_filters", "Conditions go towards the sources, where fewer rows pay for them.", PushFilters},
    {"simplify_joins", "Left and semi joins become inner ones where nothing tells them apart.", SimplifyJoins},
    {"order_joins", "Inner joins run in the order that keeps the fewest rows.", OrderJoins},
    {"push_filters", "Likewise for conditions that the order of joins has found.", PushFilters},
    {"share_nodes", "Nodes that compute the same become one, and are read for all their readers.", ShareNodes},
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
