#include "server/plan/distinct.h"

namespace freshet {

Relation RelationOf(const PlanDistinct&, Inputs inputs) {
  Relation relation = *inputs[0];
  if (!relation.properties.unique_key) relation.properties.unique_key = FirstColumns(relation.schema.size());
  return relation;
}

void AppendLogic(const PlanDistinct&, std::string*) {}

std::string Validate(const PlanDistinct&, Inputs inputs) { return inputs.size() == 1 ? "" : "distinct has one input"; }

}  // namespace freshet
