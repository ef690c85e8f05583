#include "server/plan/scan.h"

#include "engine/base/str_cat.h"

namespace freshet {

Relation RelationOf(const PlanScan& node, Inputs) {
  Relation relation;
  for (uint32_t column : node.columns) relation.schema.push_back(node.table->schema[column]);
  if (node.stamped) {
    for (Field& field : StampColumns()) relation.schema.push_back(std::move(field));
  }
  relation.properties.append_only = node.table->primary_key.empty() && !node.table->table.deletes();
  return relation;
}

void AppendLogic(const PlanScan& node, std::string* out) {
  const v1::Table& table = node.table->table;
  StrAppend(out, " ", table.name(), " ", node.table->identities[node.binding], node.stamped ? " stamped" : "");
  // Whether a record is a dead letter depends on the whole declaration, so all of it counts, not the columns read.
  for (const v1::Column& column : table.columns()) {
    std::string text = column.SerializeAsString();
    StrAppend(out, " ", text.size(), ":", text);
  }
  for (const std::string& key : table.primary_key()) StrAppend(out, " key ", key);
  StrAppend(out, table.deletes() ? " deletes" : "", table.append_only() ? " append_only" : "");
  for (uint32_t column : node.columns) StrAppend(out, " #", column);
}

std::string Validate(const PlanScan& node, Inputs inputs) {
  if (!inputs.empty()) return "a scan has no input";
  if (node.table == nullptr) return "no table";
  if (node.binding >= node.table->identities.size()) return "no such source";
  for (uint32_t column : node.columns) {
    if (column >= node.table->schema.size()) return StrCat("no column ", column);
  }
  return "";
}

}  // namespace freshet
