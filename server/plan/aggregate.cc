#include "server/plan/aggregate.h"

#include "engine/base/str_cat.h"

namespace freshet {

Relation RelationOf(const PlanAggregate& node, Inputs inputs) {
  Schema schema;
  std::vector<std::optional<uint32_t>> map(inputs[0]->schema.size());
  for (uint32_t i = 0; i < node.key.size(); ++i) {
    schema.push_back(inputs[0]->schema[node.key[i]]);
    map[node.key[i]] = i;
  }
  for (size_t i = 0; i < node.calls.size(); ++i) schema.push_back({node.names[i], node.calls[i].type});
  Relation relation = MapRelation(*inputs[0], std::move(schema), map);
  relation.properties.append_only = false;
  relation.properties.unique_key = FirstColumns(node.key.size());
  return relation;
}

void AppendLogic(const PlanAggregate& node, std::string* out) {
  for (uint32_t column : node.key) StrAppend(out, " #", column);
  for (const PlanAggregateCall& call : node.calls) {
    StrAppend(out, call.distinct ? " distinct " : " ", call.function, "@", call.semantic_version, ":",
              TypeName(call.type));
    for (uint32_t column : call.arguments) StrAppend(out, ",", column);
    for (const PlanSortColumn& key : call.order) {
      StrAppend(out, " by ", key.column, key.order.descending ? " desc" : "",
                key.order.nulls_first ? " nulls first" : "");
    }
    for (size_t i = 0; i < call.parameters.size(); ++i) {
      StrAppend(out, " with ", FormatDatum(call.parameters[i], call.parameter_types[i]));
    }
    if (call.filter) StrAppend(out, " if ", *call.filter);
  }
}

std::string Validate(const PlanAggregate& node, Inputs inputs) {
  if (inputs.size() != 1) return "an aggregate has one input";
  const Schema& schema = inputs[0]->schema;
  if (node.names.size() != node.calls.size()) return "names and calls differ in number";
  for (uint32_t column : node.key) {
    if (column >= schema.size()) return StrCat("no key column ", column);
  }
  for (const PlanAggregateCall& call : node.calls) {
    for (uint32_t column : call.arguments) {
      if (column >= schema.size()) return StrCat(call.function, " has no column ", column);
    }
    for (const PlanSortColumn& key : call.order) {
      if (key.column >= schema.size()) return StrCat("the order of ", call.function, " has no column ", key.column);
    }
    if (call.filter && (*call.filter >= schema.size() || schema[*call.filter].type.kind != TypeKind::kBoolean)) {
      return StrCat("the filter of ", call.function, " is no boolean");
    }
  }
  return "";
}

}  // namespace freshet
