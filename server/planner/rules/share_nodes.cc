#include "server/planner/rules/share_nodes.h"

#include <map>

namespace freshet {
namespace {

bool IsJoinTree(const PlanNode& node) {
  if (const auto* join = node.As<PlanJoin>()) return join->kind == PlanJoinKind::kInner && !join->null_safe;
  bool passes_on = node.As<PlanFilter>() != nullptr || node.As<PlanProject>() != nullptr;
  return passes_on && IsJoinTree(*node.inputs[0]);
}

}  // namespace

PlanTree ShareNodes(const PlanTree& tree) {
  std::map<std::string, PlanRef> known;
  return RewriteTree(tree,
                     [&](const PlanRef& node) { return known.try_emplace(node->fingerprint, node).first->second; });
}

PlanTree ShareNodesAboveJoins(const PlanTree& tree) {
  std::map<std::string, PlanRef> known;
  return RewriteTree(tree, [&](const PlanRef& node) {
    return IsJoinTree(*node) ? node : known.try_emplace(node->fingerprint, node).first->second;
  });
}

}  // namespace freshet
