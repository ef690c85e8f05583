#include "server/plan/upsert.h"

#include <algorithm>

#include "engine/base/str_cat.h"
#include "server/plan/table_declaration.h"

namespace freshet {

Relation RelationOf(const PlanUpsert& node, Inputs inputs) {
  Relation relation = *inputs[0];
  relation.schema.resize(relation.schema.size() - StampColumns().size());
  relation.properties.append_only = false;
  relation.properties.unique_key = node.key;
  return relation;
}

void AppendLogic(const PlanUpsert& node, std::string* out) {
  for (uint32_t column : node.key) StrAppend(out, " #", column);
  if (node.version) StrAppend(out, " version ", *node.version);
  StrAppend(out, " retention ", node.tombstone_retention_micros);
}

std::string Validate(const PlanUpsert& node, Inputs inputs) {
  if (inputs.size() != 1) return "an upsert has one input";
  Schema stamps = StampColumns();
  const Schema& schema = inputs[0]->schema;
  if (schema.size() < stamps.size() ||
      !std::equal(stamps.begin(), stamps.end(), schema.end() - static_cast<ptrdiff_t>(stamps.size()))) {
    return "the input has no stamps";
  }
  size_t width = schema.size() - stamps.size();
  if (node.key.empty()) return "no key";
  for (uint32_t column : node.key) {
    if (column >= width) return StrCat("no key column ", column);
  }
  return node.version && *node.version >= width ? "no version column" : "";
}

}  // namespace freshet
