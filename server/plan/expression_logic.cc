#include "server/plan/expression_logic.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

void AppendLogic(const Expression& expression, std::string* out) {
  StrAppend(out, "(", static_cast<int>(expression.kind), " ", TypeName(expression.type));
  switch (expression.kind) {
    case ExpressionKind::kColumn:
      StrAppend(out, " #", expression.column.value());
      break;
    case ExpressionKind::kLiteral: {
      std::string text = FormatDatum(expression.literal, expression.type);
      StrAppend(out, expression.literal.is_value() ? " v" : " n", text.size(), ":", text);
      break;
    }
    case ExpressionKind::kCall:
      StrAppend(out, " ", expression.function->name, "@", expression.function->semantic_version);
      for (TypeKind kind : expression.function->arguments) StrAppend(out, ",", static_cast<int>(kind));
      break;
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
    case ExpressionKind::kNot:
    case ExpressionKind::kCase:
    case ExpressionKind::kCoalesce:
    case ExpressionKind::kNullIf:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsDistinctFrom:
    case ExpressionKind::kIfError:
      break;
  }
  for (const Expression& argument : expression.arguments) AppendLogic(argument, out);
  out->push_back(')');
}

void Split(const Expression& condition, std::vector<Expression>* out) {
  if (condition.kind != ExpressionKind::kAnd) {
    out->push_back(condition);
    return;
  }
  for (const Expression& argument : condition.arguments) Split(argument, out);
}

std::string ValidateCall(const Expression& expression) {
  if (expression.function == nullptr) return "a call without a function";
  if (expression.function->arguments.size() != expression.arguments.size()) {
    return StrCat(expression.function->name, " has ", expression.arguments.size(), " arguments");
  }
  for (size_t i = 0; i < expression.arguments.size(); ++i) {
    if (expression.arguments[i].type.kind != expression.function->arguments[i]) {
      return StrCat("argument ", i, " of ", expression.function->name, " is ", TypeName(expression.arguments[i].type));
    }
  }
  const std::optional<TypeKind> result = expression.function->result;
  if (result && expression.type.kind != result) {
    return StrCat(expression.function->name, " does not give ", TypeName(expression.type));
  }
  return "";
}

std::string ValidateBooleans(const Expression& expression) {
  for (const Expression& argument : expression.arguments) {
    if (argument.type.kind != TypeKind::kBoolean) return "an operand of AND, OR or NOT is no boolean";
  }
  return expression.type.kind == TypeKind::kBoolean ? "" : "AND, OR or NOT is no boolean";
}

std::string ValidateSame(const Expression& expression, size_t first, size_t step) {
  for (size_t i = first; i < expression.arguments.size(); i += step) {
    if (expression.arguments[i].type.kind != expression.type.kind) return "branches of different types";
  }
  return "";
}

std::string ValidateOne(const Expression& expression, const std::vector<DataType>& input) {
  size_t count = expression.arguments.size();
  switch (expression.kind) {
    case ExpressionKind::kColumn:
      if (expression.column.value() >= input.size()) {
        return StrCat("column ", expression.column.value(), " of ", input.size());
      }
      return input[expression.column.value()] == expression.type ? "" : "a column of another type";
    case ExpressionKind::kLiteral:
      return "";
    case ExpressionKind::kCall:
      return ValidateCall(expression);
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
      return count < 2 ? "AND or OR with fewer than two operands" : ValidateBooleans(expression);
    case ExpressionKind::kNot:
      return count != 1 ? "NOT takes one operand" : ValidateBooleans(expression);
    case ExpressionKind::kCase:
      if (count < 3 || count % 2 == 0) return "CASE needs when, then, ..., else";
      for (size_t i = 0; i + 1 < count; i += 2) {
        if (expression.arguments[i].type.kind != TypeKind::kBoolean) return "WHEN is no boolean";
      }
      if (expression.arguments.back().type.kind != expression.type.kind) return "ELSE of another type";
      return ValidateSame(expression, 1, 2);
    case ExpressionKind::kCoalesce:
      return count == 0 ? "COALESCE without arguments" : ValidateSame(expression, 0, 1);
    case ExpressionKind::kNullIf:
    case ExpressionKind::kIsDistinctFrom:
      if (count != 2) return "two operands are needed";
      return expression.arguments[0].type.kind == expression.arguments[1].type.kind ? "" : "operands of two types";
    case ExpressionKind::kIsNull:
      return count == 1 ? "" : "IS NULL takes one operand";
    case ExpressionKind::kIfError:
      return count == 2 ? ValidateSame(expression, 0, 1) : "IF ERROR takes two operands";
  }
  __builtin_unreachable();
}

}  // namespace

std::string ExpressionLogic(const Expression& expression) {
  std::string text;
  AppendLogic(expression, &text);
  return text;
}

void CollectColumns(const Expression& expression, ColumnList* columns) {
  if (expression.kind == ExpressionKind::kColumn) {
    uint32_t column = expression.column.value();
    if (std::find(columns->begin(), columns->end(), column) == columns->end()) columns->push_back(column);
  }
  for (const Expression& argument : expression.arguments) CollectColumns(argument, columns);
}

ColumnList ColumnsOf(const Expression& expression) {
  ColumnList columns;
  CollectColumns(expression, &columns);
  return columns;
}

Expression ReplaceColumns(const Expression& expression,
                          const std::function<Expression(ColumnIndex, DataType)>& replace) {
  if (expression.kind == ExpressionKind::kColumn) return replace(expression.column, expression.type);
  Expression result = expression;
  for (Expression& argument : result.arguments) argument = ReplaceColumns(argument, replace);
  return result;
}

Expression RenumberColumns(const Expression& expression, const std::vector<std::optional<uint32_t>>& map) {
  return ReplaceColumns(expression, [&](ColumnIndex column, DataType type) {
    CHECK(column.value() < map.size() && map[column.value()].has_value()) << "column " << column.value();
    return Expression::Column(ColumnIndex(*map[column.value()]), type);
  });
}

Expression ShiftColumns(const Expression& expression, int64_t offset) {
  return ReplaceColumns(expression, [&](ColumnIndex column, DataType type) {
    return Expression::Column(ColumnIndex(static_cast<uint32_t>(column.value() + offset)), type);
  });
}

std::vector<Expression> SplitConjunction(const Expression& condition) {
  std::vector<Expression> conditions;
  Split(condition, &conditions);
  return conditions;
}

Expression MakeConjunction(std::vector<Expression> conditions) {
  CHECK(!conditions.empty());
  if (conditions.size() == 1) return std::move(conditions[0]);
  return Expression::Make(ExpressionKind::kAnd, DataType{TypeKind::kBoolean}, std::move(conditions));
}

size_t ExpressionSize(const Expression& expression) {
  size_t size = 1;
  for (const Expression& argument : expression.arguments) size += ExpressionSize(argument);
  return size;
}

std::string ValidateExpression(const Expression& expression, const std::vector<DataType>& input) {
  for (const Expression& argument : expression.arguments) {
    std::string wrong = ValidateExpression(argument, input);
    if (!wrong.empty()) return wrong;
  }
  return ValidateOne(expression, input);
}

}  // namespace freshet
