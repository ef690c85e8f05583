#include "server/planner/rules/share_nodes.h"

#include <map>

namespace freshet {

PlanTree ShareNodes(const PlanTree& tree) {
  std::map<std::string, PlanRef> known;
  return RewriteTree(tree,
                     [&](const PlanRef& node) { return known.try_emplace(node->fingerprint, node).first->second; });
}

}  // namespace freshet
