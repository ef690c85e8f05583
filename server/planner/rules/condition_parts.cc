#include "server/planner/rules/condition_parts.h"

#include <algorithm>
#include <set>
#include <string>

namespace freshet {
namespace {

const DataType kBoolean{TypeKind::kBoolean};

Expression MakeDisjunction(std::vector<Expression> conditions) {
  if (conditions.size() == 1) return std::move(conditions[0]);
  return Expression::Make(ExpressionKind::kOr, kBoolean, std::move(conditions));
}

std::set<std::string> LogicOf(const std::vector<Expression>& conditions) {
  std::set<std::string> logic;
  for (const Expression& each : conditions) logic.insert(ExpressionLogic(each));
  return logic;
}

// NULL (or ERROR) where the columns are NULL.
bool BecomesNull(const Expression& expression, const std::function<bool(uint32_t)>& is_null) {
  auto becomes_null = [&](const Expression& argument) { return BecomesNull(argument, is_null); };
  switch (expression.kind) {
    case ExpressionKind::kColumn:
      return is_null(expression.column.value());
    case ExpressionKind::kCall:
      return expression.function->strict &&
             std::any_of(expression.arguments.begin(), expression.arguments.end(), becomes_null);
    case ExpressionKind::kNot:
    case ExpressionKind::kNullIf:
      return becomes_null(expression.arguments[0]);
    case ExpressionKind::kLiteral:
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
    case ExpressionKind::kCase:
    case ExpressionKind::kCoalesce:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsDistinctFrom:
    case ExpressionKind::kIfError:
      return false;
  }
  __builtin_unreachable();
}

}  // namespace

std::vector<Expression> FactorCondition(const Expression& condition) {
  std::vector<Expression> factors;
  for (Expression& each : SplitConjunction(condition)) {
    if (each.kind != ExpressionKind::kOr) {
      factors.push_back(std::move(each));
      continue;
    }
    std::vector<std::vector<Expression>> branches;
    for (const Expression& branch : each.arguments) branches.push_back(SplitConjunction(branch));
    std::set<std::string> common = LogicOf(branches[0]);
    for (const auto& branch : branches) {
      std::set<std::string> logic = LogicOf(branch);
      std::erase_if(common, [&](const std::string& text) { return !logic.contains(text); });
    }
    if (common.empty()) {
      factors.push_back(std::move(each));
      continue;
    }
    std::set<std::string> taken;
    for (const Expression& part : branches[0]) {
      std::string text = ExpressionLogic(part);
      if (common.contains(text) && taken.insert(std::move(text)).second) factors.push_back(part);
    }
    std::vector<Expression> rest;
    bool one_is_true = false;
    for (auto& branch : branches) {
      std::erase_if(branch, [&](const Expression& part) { return common.contains(ExpressionLogic(part)); });
      one_is_true = one_is_true || branch.empty();
      if (!branch.empty()) rest.push_back(MakeConjunction(std::move(branch)));
    }
    if (!one_is_true) factors.push_back(MakeDisjunction(std::move(rest)));
  }
  return factors;
}

std::optional<Expression> ImpliedCondition(const Expression& disjunction,
                                           const std::function<bool(uint32_t)>& is_known) {
  if (disjunction.kind != ExpressionKind::kOr) return std::nullopt;
  std::vector<Expression> branches;
  for (const Expression& branch : disjunction.arguments) {
    std::vector<Expression> known;
    for (Expression& part : SplitConjunction(branch)) {
      ColumnList columns = ColumnsOf(part);
      if (!columns.empty() && std::all_of(columns.begin(), columns.end(), is_known)) known.push_back(std::move(part));
    }
    if (known.empty()) return std::nullopt;
    branches.push_back(MakeConjunction(std::move(known)));
  }
  return MakeDisjunction(std::move(branches));
}

bool RejectsNull(const Expression& condition, const std::function<bool(uint32_t)>& is_null) {
  auto rejects = [&](const Expression& argument) { return RejectsNull(argument, is_null); };
  switch (condition.kind) {
    case ExpressionKind::kAnd:
      return std::any_of(condition.arguments.begin(), condition.arguments.end(), rejects);
    case ExpressionKind::kOr:
      return std::all_of(condition.arguments.begin(), condition.arguments.end(), rejects);
    case ExpressionKind::kNot:
      if (condition.arguments[0].kind == ExpressionKind::kIsNull) {
        return BecomesNull(condition.arguments[0].arguments[0], is_null);
      }
      return BecomesNull(condition, is_null);
    case ExpressionKind::kColumn:
    case ExpressionKind::kLiteral:
    case ExpressionKind::kCall:
    case ExpressionKind::kCase:
    case ExpressionKind::kCoalesce:
    case ExpressionKind::kNullIf:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsDistinctFrom:
    case ExpressionKind::kIfError:
      return BecomesNull(condition, is_null);
  }
  __builtin_unreachable();
}

}  // namespace freshet
