#include "server/plan/filter.h"

#include "server/plan/expression_logic.h"

namespace freshet {

Relation RelationOf(const PlanFilter&, Inputs inputs) { return *inputs[0]; }

void AppendLogic(const PlanFilter& node, std::string* out) { out->append(ExpressionLogic(node.condition)); }

std::string Validate(const PlanFilter& node, Inputs inputs) {
  if (inputs.size() != 1) return "a filter has one input";
  if (node.condition.type.kind != TypeKind::kBoolean) return "the condition is no boolean";
  return ValidateExpression(node.condition, TypesOf(inputs[0]->schema));
}

}  // namespace freshet
