#include "server/plan/project.h"

#include "engine/base/str_cat.h"
#include "server/plan/expression_logic.h"

namespace freshet {

Relation RelationOf(const PlanProject& node, Inputs inputs) {
  Schema schema;
  std::vector<std::optional<uint32_t>> map(inputs[0]->schema.size());
  for (uint32_t i = 0; i < node.columns.size(); ++i) {
    const Expression& column = node.columns[i];
    schema.push_back({node.names[i], column.type});
    if (column.kind == ExpressionKind::kColumn && !map[column.column.value()]) map[column.column.value()] = i;
  }
  return MapRelation(*inputs[0], std::move(schema), map);
}

void AppendLogic(const PlanProject& node, std::string* out) {
  for (const Expression& column : node.columns) out->append(ExpressionLogic(column));
}

std::string Validate(const PlanProject& node, Inputs inputs) {
  if (inputs.size() != 1) return "a projection has one input";
  if (node.names.size() != node.columns.size()) return "names and columns differ in number";
  std::vector<DataType> types = TypesOf(inputs[0]->schema);
  for (size_t i = 0; i < node.columns.size(); ++i) {
    std::string wrong = ValidateExpression(node.columns[i], types);
    if (!wrong.empty()) return StrCat(node.names[i], ": ", wrong);
  }
  return "";
}

}  // namespace freshet
