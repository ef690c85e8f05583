#include "server/plan/exchange.h"

#include "engine/base/str_cat.h"

namespace freshet {

Relation RelationOf(const PlanExchange& node, Inputs inputs) {
  Relation relation = *inputs[0];
  relation.partitioning = node.partitioning;
  return relation;
}

void AppendLogic(const PlanExchange& node, std::string* out) {
  StrAppend(out, node.partitioning.kind == PartitioningKind::kGather ? " gather" : " hash");
  for (uint32_t column : node.partitioning.key) StrAppend(out, " #", column);
}

std::string Validate(const PlanExchange& node, Inputs inputs) {
  if (inputs.size() != 1) return "an exchange has one input";
  if (node.partitioning.kind == PartitioningKind::kAny) return "an exchange to nowhere";
  for (uint32_t column : node.partitioning.key) {
    if (column >= inputs[0]->schema.size()) return StrCat("no column ", column);
  }
  return "";
}

}  // namespace freshet
