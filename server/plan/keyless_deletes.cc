#include "server/plan/keyless_deletes.h"

namespace freshet {

Relation RelationOf(const PlanKeylessDeletes&, Inputs inputs) {
  Relation relation = *inputs[0];
  relation.properties.append_only = false;
  return relation;
}

void AppendLogic(const PlanKeylessDeletes&, std::string*) {}

std::string Validate(const PlanKeylessDeletes&, Inputs inputs) {
  return inputs.size() == 1 ? "" : "keyless deletes have one input";
}

}  // namespace freshet
