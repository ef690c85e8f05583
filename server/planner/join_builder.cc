// A condition is a conjunction. Equalities between the sides are the keys; what reads the right side alone filters the
// right input, which is right for every kind; what reads the left side alone filters the left input of inner and semi
// joins. For left and anti joins it only decides whether there is a partner, so it is residual, as all else is. With
// IS NOT DISTINCT FROM between the sides NULL keys are equal; what stands beside it as = is then residual too.
#include "server/planner/join_builder.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "engine/base/str_cat.h"
#include "server/definitions/places.h"
#include "server/plan/expression_logic.h"
#include "server/plan/key_equality.h"
#include "server/sql/bind/bind_expression.h"

namespace freshet {
namespace {

struct KeyPair {
  Expression left;
  Expression right;  // over the right input's own columns
};

struct JoinParts {
  std::vector<KeyPair> keys;
  bool null_safe = false;
  std::vector<Expression> left_filter;
  std::vector<Expression> right_filter;  // over the right input's own columns
  std::vector<Expression> residual;      // over left columns, then right ones
};

bool AllBelow(const ColumnList& columns, uint32_t bound) {
  return std::all_of(columns.begin(), columns.end(), [&](uint32_t column) { return column < bound; });
}
bool AllFrom(const ColumnList& columns, uint32_t bound) {
  return std::all_of(columns.begin(), columns.end(), [&](uint32_t column) { return column >= bound; });
}

bool IsEquality(const Expression& condition) {
  return condition.kind == ExpressionKind::kCall && condition.function->name == "=";
}
bool IsNullSafeEquality(const Expression& condition) {
  return condition.kind == ExpressionKind::kNot && condition.arguments[0].kind == ExpressionKind::kIsDistinctFrom;
}

std::optional<KeyPair> AsKeys(const Expression& condition, uint32_t width) {
  for (int first : {0, 1}) {
    const Expression& a = condition.arguments[static_cast<size_t>(first)];
    const Expression& b = condition.arguments[static_cast<size_t>(1 - first)];
    ColumnList left = ColumnsOf(a), right = ColumnsOf(b);
    if (left.empty() || right.empty() || !AllBelow(left, width) || !AllFrom(right, width)) continue;
    if (!AreKeyTypes(a.type, b.type)) return std::nullopt;
    return KeyPair{a, ShiftColumns(b, -static_cast<int64_t>(width))};
  }
  return std::nullopt;
}

bool IsTrue(const Expression& expression) {
  return expression.kind == ExpressionKind::kLiteral && expression.literal.is_value() &&
         expression.literal.bool_value();
}

JoinParts SplitCondition(const Expression& condition, PlanJoinKind kind, uint32_t width) {
  JoinParts parts;
  std::vector<Expression> equalities;
  for (Expression& each : SplitConjunction(condition)) {
    ColumnList columns = ColumnsOf(each);
    if (IsTrue(each)) continue;
    std::optional<KeyPair> keys;
    if (IsEquality(each)) keys = AsKeys(each, width);
    if (IsNullSafeEquality(each)) keys = AsKeys(each.arguments[0], width);
    if (keys) {
      parts.keys.push_back(*std::move(keys));
      parts.null_safe = parts.null_safe || IsNullSafeEquality(each);
      if (IsEquality(each)) equalities.push_back(std::move(each));
    } else if (!columns.empty() && AllFrom(columns, width)) {
      parts.right_filter.push_back(ShiftColumns(each, -static_cast<int64_t>(width)));
    } else if (!columns.empty() && AllBelow(columns, width) &&
               (kind == PlanJoinKind::kInner || kind == PlanJoinKind::kSemi)) {
      parts.left_filter.push_back(std::move(each));
    } else {
      parts.residual.push_back(std::move(each));
    }
  }
  if (parts.null_safe) std::move(equalities.begin(), equalities.end(), std::back_inserter(parts.residual));
  return parts;
}

// The input with a column for each key that is no bare column, behind its own.
PlanRef WithKeyColumns(const PlanRef& input, std::vector<Expression> keys, const std::string& owner, ColumnList* key) {
  PlanProject project;
  const Schema& schema = input->schema();
  for (uint32_t i = 0; i < schema.size(); ++i) {
    project.columns.push_back(Expression::Column(ColumnIndex(i), schema[i].type));
    project.names.push_back(schema[i].name);
  }
  for (Expression& expression : keys) {
    if (expression.kind == ExpressionKind::kColumn) {
      key->push_back(expression.column.value());
      continue;
    }
    key->push_back(static_cast<uint32_t>(project.columns.size()));
    project.names.push_back(StrCat("key", project.columns.size()));
    project.columns.push_back(std::move(expression));
  }
  if (project.columns.size() == schema.size()) return input;
  return MakeNode(std::move(project), {input}, owner);
}

class JoinBuilder {
 public:
  JoinBuilder(std::string owner, PlanJoinKind kind, PlanRef left, PlanRef right)
      : owner_(std::move(owner)), kind_(kind), left_(std::move(left)), right_(std::move(right)) {}

  // The columns of both inputs, or of the left one for semi and anti joins.
  PlanRef Build(JoinParts parts) {
    uint32_t left_width = Width(left_), right_width = Width(right_);
    Filter(std::move(parts.left_filter), &left_);
    Filter(std::move(parts.right_filter), &right_);
    PlanJoin join;
    join.kind = kind_;
    join.null_safe = parts.null_safe;
    std::vector<Expression> left_keys, right_keys;
    for (KeyPair& pair : parts.keys) {
      left_keys.push_back(std::move(pair.left));
      right_keys.push_back(std::move(pair.right));
    }
    PlanRef left = WithKeyColumns(left_, std::move(left_keys), owner_, &join.left_key);
    PlanRef right = WithKeyColumns(right_, std::move(right_keys), owner_, &join.right_key);
    uint32_t shift = Width(left) - left_width;
    if (!parts.residual.empty()) {
      Expression residual = MakeConjunction(std::move(parts.residual));
      join.residual = ReplaceColumns(residual, [&](ColumnIndex column, DataType type) {
        uint32_t moved = column.value() < left_width ? column.value() : column.value() + shift;
        return Expression::Column(ColumnIndex(moved), type);
      });
    }
    PlanRef node = MakeNode(std::move(join), {left, right}, owner_);
    bool both = kind_ == PlanJoinKind::kInner || kind_ == PlanJoinKind::kLeft;
    return DropKeyColumns(node, left_width, shift, both ? right_width : 0);
  }

 private:
  static uint32_t Width(const PlanRef& node) { return static_cast<uint32_t>(node->schema().size()); }

  void Filter(std::vector<Expression> conditions, PlanRef* input) {
    if (conditions.empty()) return;
    *input = MakeNode(PlanFilter{MakeConjunction(std::move(conditions))}, {*input}, owner_);
  }

  PlanRef DropKeyColumns(const PlanRef& node, uint32_t left_width, uint32_t shift, uint32_t right_width) {
    if (Width(node) == left_width + right_width) return node;
    PlanProject project;
    for (uint32_t i = 0; i < left_width + right_width; ++i) {
      uint32_t column = i < left_width ? i : i + shift;
      project.columns.push_back(Expression::Column(ColumnIndex(column), node->schema()[column].type));
      project.names.push_back(node->schema()[column].name);
    }
    return MakeNode(std::move(project), {node}, owner_);
  }

  std::string owner_;
  PlanJoinKind kind_;
  PlanRef left_;
  PlanRef right_;
};

// What a right join is once its sides are swapped: right columns, then left ones.
PlanRef SwapSides(const PlanRef& node, uint32_t first_width, const std::string& owner) {
  PlanProject project;
  uint32_t width = static_cast<uint32_t>(node->schema().size());
  for (uint32_t i = 0; i < width; ++i) {
    uint32_t column = (i + first_width) % width;
    project.columns.push_back(Expression::Column(ColumnIndex(column), node->schema()[column].type));
    project.names.push_back(node->schema()[column].name);
  }
  return MakeNode(std::move(project), {node}, owner);
}

// No value: a full join, which is put together from two.
std::optional<PlanJoinKind> KindOf(v1::JoinKind kind) {
  switch (kind) {
    case v1::JOIN_KIND_UNSPECIFIED:
    case v1::INNER:
      return PlanJoinKind::kInner;
    case v1::LEFT:
    case v1::RIGHT:
      return PlanJoinKind::kLeft;
    case v1::SEMI:
      return PlanJoinKind::kSemi;
    case v1::ANTI:
      return PlanJoinKind::kAnti;
    case v1::FULL:
    case v1::JoinKind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::JoinKind_INT_MAX_SENTINEL_DO_NOT_USE_:
      return std::nullopt;
  }
  return std::nullopt;  // proto enums are open
}

JoinParts PartsOf(const Expression& condition, PlanJoinKind kind, uint32_t left_width) {
  JoinParts parts = SplitCondition(condition, kind, left_width);
  if (parts.keys.empty()) {
    // Every row meets every row: all have one key.
    Expression same = Expression::Literal(Datum::Bool(true), DataType{TypeKind::kBoolean});
    parts.keys.push_back({same, same});
  }
  return parts;
}

// The left join, and the right rows without a partner beside NULLs.
PlanRef BuildFullJoin(const Expression& condition, const PlanRef& left, const PlanRef& right,
                      const std::string& owner) {
  auto left_width = static_cast<uint32_t>(left->schema().size());
  auto right_width = static_cast<uint32_t>(right->schema().size());
  PlanRef pairs =
      JoinBuilder(owner, PlanJoinKind::kLeft, left, right).Build(PartsOf(condition, PlanJoinKind::kLeft, left_width));
  Expression swapped = ReplaceColumns(condition, [&](ColumnIndex column, DataType type) {
    uint32_t moved = column.value() < left_width ? column.value() + right_width : column.value() - left_width;
    return Expression::Column(ColumnIndex(moved), type);
  });
  PlanRef alone =
      JoinBuilder(owner, PlanJoinKind::kAnti, right, left).Build(PartsOf(swapped, PlanJoinKind::kAnti, right_width));
  PlanProject beside_nulls;
  for (uint32_t i = 0; i < left_width + right_width; ++i) {
    const Field& field = pairs->schema()[i];
    beside_nulls.names.push_back(field.name);
    beside_nulls.columns.push_back(i < left_width ? Expression::Literal(Datum::Null(), field.type)
                                                  : Expression::Column(ColumnIndex(i - left_width), field.type));
  }
  return MakeNode(PlanUnion{}, {pairs, MakeNode(std::move(beside_nulls), {alone}, owner)}, owner);
}

Scope Concatenate(const Scope& left, const Scope& right) {
  Scope both = left;
  both.insert(both.end(), right.begin(), right.end());
  return both;
}

}  // namespace

BuiltRelation JoinRelations(const v1::Join& join, const std::string& owner, const std::string& path, BuiltRelation left,
                            BuiltRelation right, ProblemList& problems) {
  bool swapped = join.kind() == v1::RIGHT;
  BuiltRelation built;
  built.named = true;
  built.scope = join.kind() == v1::SEMI || join.kind() == v1::ANTI ? left.scope : Concatenate(left.scope, right.scope);
  if (swapped) std::swap(left, right);
  std::string condition_path = JoinPath(path, "condition");
  auto condition = BindCondition(join.condition(), Concatenate(left.scope, right.scope), condition_path, problems);
  if (!condition || left.node == nullptr || right.node == nullptr) return built;
  std::optional<PlanJoinKind> kind = KindOf(join.kind());
  uint32_t left_width = static_cast<uint32_t>(left.scope.size());
  if (!kind) {
    built.node = BuildFullJoin(*condition, left.node, right.node, owner);
    return built;
  }
  built.node = JoinBuilder(owner, *kind, left.node, right.node).Build(PartsOf(*condition, *kind, left_width));
  if (swapped) built.node = SwapSides(built.node, left_width, owner);
  return built;
}

}  // namespace freshet
