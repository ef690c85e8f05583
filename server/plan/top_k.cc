#include "server/plan/top_k.h"

#include "engine/base/str_cat.h"

namespace freshet {

Relation RelationOf(const PlanTopK& node, Inputs inputs) {
  Relation relation = *inputs[0];
  // A better row takes another's place.
  relation.properties.append_only = false;
  if (node.limit == 1) relation.properties.unique_key = node.group;
  return relation;
}

void AppendLogic(const PlanTopK& node, std::string* out) {
  StrAppend(out, " ", node.limit, " from ", node.offset);
  for (uint32_t column : node.group) StrAppend(out, " #", column);
  for (const SortColumn& sort : node.order) {
    StrAppend(out, " by #", sort.column.value(), sort.descending ? " desc" : "", sort.nulls_first ? " nulls" : "");
  }
}

std::string Validate(const PlanTopK& node, Inputs inputs) {
  if (inputs.size() != 1) return "a top_k has one input";
  const size_t width = inputs[0]->schema.size();
  if (width == 0) return "a top_k of rows without columns";
  if (node.limit == 0 || node.limit > PlanTopK::kMaxRows || node.offset > PlanTopK::kMaxRows) return "no such limit";
  for (uint32_t column : node.group) {
    if (column >= width) return StrCat("no column ", column);
  }
  for (const SortColumn& sort : node.order) {
    if (sort.column.value() >= width) return StrCat("no column ", sort.column.value());
  }
  return "";
}

}  // namespace freshet
