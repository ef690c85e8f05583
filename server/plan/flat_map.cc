#include "server/plan/flat_map.h"

#include "engine/base/str_cat.h"
#include "server/plan/expression_logic.h"

namespace freshet {

Relation RelationOf(const PlanFlatMap& node, Inputs inputs) {
  Schema schema;
  std::vector<std::optional<uint32_t>> map(inputs[0]->schema.size());
  for (uint32_t i = 0; i < node.keep.size(); ++i) {
    schema.push_back(inputs[0]->schema[node.keep[i]]);
    map[node.keep[i]] = i;
  }
  schema.push_back({node.column_name, ResultTypeOf(*node.function, TypesOf(node.arguments))});
  Relation relation = MapRelation(*inputs[0], std::move(schema), map);
  // A row may give many.
  relation.properties.unique_key.reset();
  return relation;
}

void AppendLogic(const PlanFlatMap& node, std::string* out) {
  StrAppend(out, " ", node.function->name, "@", node.function->semantic_version);
  for (const Expression& argument : node.arguments) out->append(ExpressionLogic(argument));
  for (uint32_t column : node.keep) StrAppend(out, " #", column);
}

std::string Validate(const PlanFlatMap& node, Inputs inputs) {
  if (inputs.size() != 1) return "a flat map has one input";
  if (node.function == nullptr) return "no function";
  if (node.arguments.size() != node.function->arguments.size()) return "wrong number of arguments";
  std::vector<DataType> types = TypesOf(inputs[0]->schema);
  for (size_t i = 0; i < node.arguments.size(); ++i) {
    if (node.arguments[i].type.kind != node.function->arguments[i]) return StrCat("argument ", i, " of another type");
    std::string wrong = ValidateExpression(node.arguments[i], types);
    if (!wrong.empty()) return wrong;
  }
  for (uint32_t column : node.keep) {
    if (column >= inputs[0]->schema.size()) return StrCat("no column ", column);
  }
  return "";
}

}  // namespace freshet
