#include "server/plan/join.h"

#include "engine/base/str_cat.h"
#include "server/plan/expression_logic.h"

namespace freshet {
namespace {

Properties PairProperties(const PlanJoin& node, const Relation& left, const Relation& right) {
  const auto& left_unique = left.properties.unique_key;
  const auto& right_unique = right.properties.unique_key;
  Properties properties;
  properties.append_only =
      node.kind == PlanJoinKind::kInner && left.properties.append_only && right.properties.append_only;
  // A left row with at most one partner keeps what makes it unique.
  if (left_unique && IsUniqueBy(right, node.right_key)) {
    properties.unique_key = left_unique;
    return properties;
  }
  if (!left_unique || !right_unique) return properties;
  properties.unique_key.emplace();
  bool left_decided = node.kind == PlanJoinKind::kInner && IsUniqueBy(left, node.left_key);
  if (!left_decided) properties.unique_key = left_unique;
  for (uint32_t column : *right_unique) {
    properties.unique_key->push_back(static_cast<uint32_t>(left.schema.size()) + column);
  }
  return properties;
}

// Of the pairs of an inner join: those of the right rows, and the keys.
void AddEqualities(const PlanJoin& node, const Relation& right, size_t left_width, Relation* pairs) {
  const auto width = static_cast<uint32_t>(left_width);
  for (const ColumnList& members : right.equal_columns) {
    for (uint32_t member : members) AddEqualColumns(width + members[0], width + member, pairs);
  }
  for (size_t i = 0; i < node.left_key.size(); ++i) {
    AddEqualColumns(node.left_key[i], width + node.right_key[i], pairs);
  }
}

}  // namespace

std::string_view JoinKindName(PlanJoinKind kind) {
  switch (kind) {
    case PlanJoinKind::kInner:
      return "inner";
    case PlanJoinKind::kLeft:
      return "left";
    case PlanJoinKind::kSemi:
      return "semi";
    case PlanJoinKind::kAnti:
      return "anti";
  }
  __builtin_unreachable();
}

Relation RelationOf(const PlanJoin& node, Inputs inputs) {
  const Relation& left = *inputs[0];
  const Relation& right = *inputs[1];
  Relation relation = left;  // an output row lies where its left row does
  switch (node.kind) {
    case PlanJoinKind::kInner:
    case PlanJoinKind::kLeft:
      relation.schema.insert(relation.schema.end(), right.schema.begin(), right.schema.end());
      relation.properties = PairProperties(node, left, right);
      if (node.kind == PlanJoinKind::kInner) AddEqualities(node, right, left.schema.size(), &relation);
      break;
    case PlanJoinKind::kSemi:
      relation.properties.append_only = left.properties.append_only && right.properties.append_only;
      break;
    case PlanJoinKind::kAnti:
      relation.properties.append_only = false;
      break;
  }
  return relation;
}

void AppendLogic(const PlanJoin& node, std::string* out) {
  StrAppend(out, " ", JoinKindName(node.kind));
  for (size_t i = 0; i < node.left_key.size(); ++i) StrAppend(out, " ", node.left_key[i], "=", node.right_key[i]);
  if (node.null_safe) out->append(" null-safe");
  if (node.residual) out->append(ExpressionLogic(*node.residual));
}

std::string Validate(const PlanJoin& node, Inputs inputs) {
  if (inputs.size() != 2) return "a join has two inputs";
  const Schema& left = inputs[0]->schema;
  const Schema& right = inputs[1]->schema;
  if (node.left_key.empty() || node.left_key.size() != node.right_key.size()) return "keys of different length";
  for (size_t i = 0; i < node.left_key.size(); ++i) {
    if (node.left_key[i] >= left.size() || node.right_key[i] >= right.size()) return "no such key column";
    if (left[node.left_key[i]].type.kind != right[node.right_key[i]].type.kind) return "key columns of two types";
  }
  if (!node.residual) return "";
  std::vector<DataType> types = TypesOf(left);
  for (const Field& field : right) types.push_back(field.type);
  return ValidateExpression(*node.residual, types);
}

}  // namespace freshet
