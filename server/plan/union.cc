#include "server/plan/union.h"

#include "engine/base/str_cat.h"

namespace freshet {

Relation RelationOf(const PlanUnion&, Inputs inputs) {
  Relation relation = *inputs[0];
  for (const Relation* input : inputs.subspan(1)) {
    relation.properties.append_only = relation.properties.append_only && input->properties.append_only;
    relation.properties.unique_key.reset();
    relation.equal_columns.clear();
    if (input->partitioning != relation.partitioning) relation.partitioning = {};
  }
  return relation;
}

void AppendLogic(const PlanUnion&, std::string*) {}

std::string Validate(const PlanUnion&, Inputs inputs) {
  if (inputs.empty()) return "a union has inputs";
  std::vector<DataType> types = TypesOf(inputs[0]->schema);
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (TypesOf(inputs[i]->schema) != types) return StrCat("input ", i, " has other types");
  }
  return "";
}

}  // namespace freshet
