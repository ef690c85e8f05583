#include "server/plan/values.h"

#include "engine/base/str_cat.h"
#include "server/plan/expression_logic.h"

namespace freshet {

Relation RelationOf(const PlanValues& node, Inputs) {
  Relation relation;
  for (size_t i = 0; i < node.names.size(); ++i) relation.schema.push_back({node.names[i], node.rows[0][i].type});
  relation.properties.append_only = true;
  if (node.rows.size() == 1) relation.properties.unique_key.emplace();
  relation.partitioning = Partitioning::Gather();
  return relation;
}

void AppendLogic(const PlanValues& node, std::string* out) {
  for (const auto& row : node.rows) {
    out->append(" row");
    for (const Expression& value : row) out->append(ExpressionLogic(value));
  }
}

std::string Validate(const PlanValues& node, Inputs inputs) {
  if (!inputs.empty()) return "values have no input";
  if (node.rows.empty() || node.names.empty()) return "no values";
  for (const auto& row : node.rows) {
    if (row.size() != node.names.size()) return "rows of different length";
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i].type != node.rows[0][i].type) return StrCat("values of column ", i, " have two types");
      std::string wrong = ValidateExpression(row[i], {});
      if (!wrong.empty()) return wrong;
    }
  }
  return "";
}

}  // namespace freshet
