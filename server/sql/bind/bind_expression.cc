#include "server/sql/bind/bind_expression.h"

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/sql/bind/expression_binder.h"
#include "server/sql/bind/syntax_from_proto.h"

namespace freshet {
namespace {

constexpr DataType kBooleanType{TypeKind::kBoolean};

std::optional<BoundValue> Bind(const v1::Expression& expression, const Scope& scope,
                               std::vector<ExpressionError>& errors) {
  std::variant<SyntaxRef, ExpressionError> syntax = SyntaxOf(expression);
  if (auto* error = std::get_if<ExpressionError>(&syntax)) {
    errors.push_back(std::move(*error));
    return std::nullopt;
  }
  return ExpressionBinder(scope, nullptr, errors).Bind(*std::get<SyntaxRef>(syntax));
}

std::optional<Expression> BindBoolean(const v1::Expression& expression, const Scope& scope,
                                      std::vector<ExpressionError>& errors) {
  std::optional<BoundValue> value = Bind(expression, scope, errors);
  if (!value) return std::nullopt;
  DataType type = value->expression.type;
  uint32_t offset = value->offset;
  CoerceResult result = CoerceImplicitly(*std::move(value), kBooleanType);
  if (std::holds_alternative<ExpressionError>(result)) {
    errors.push_back(
        {ErrorCode::kTypeMismatch, StrCat("a condition is a boolean, this is ", TypeName(type)), "", offset});
    return std::nullopt;
  }
  return std::get<Expression>(std::move(result));
}

}  // namespace

void AddExpressionErrors(const std::vector<ExpressionError>& errors, const std::string& path, ProblemList& problems) {
  for (const ExpressionError& error : errors) {
    problems.Add({.code = error.code,
                  .path = path,
                  .message = error.message,
                  .suggestion = error.suggestion,
                  .offset = error.offset});
  }
}

std::optional<Expression> BindExpression(const v1::Expression& expression, const Scope& scope, const std::string& path,
                                         ProblemList& problems) {
  std::vector<ExpressionError> errors;
  std::optional<BoundValue> value = Bind(expression, scope, errors);
  AddExpressionErrors(errors, path, problems);
  if (!value) return std::nullopt;
  return std::move(value->expression);
}

std::optional<Expression> BindCondition(const v1::Expression& expression, const Scope& scope, const std::string& path,
                                        ProblemList& problems) {
  std::vector<ExpressionError> errors;
  std::optional<Expression> condition = BindBoolean(expression, scope, errors);
  AddExpressionErrors(errors, path, problems);
  return condition;
}

void CheckSyntax(const v1::Expression& expression, const std::string& path, ProblemList& problems) {
  std::variant<SyntaxRef, ExpressionError> syntax = SyntaxOf(expression);
  if (auto* error = std::get_if<ExpressionError>(&syntax)) AddExpressionErrors({*error}, path, problems);
}

absl::StatusOr<Expression> BindWhere(std::string_view text, const Schema& schema) {
  v1::Expression expression;
  expression.set_sql(std::string(text));
  std::vector<ExpressionError> errors;
  std::optional<Expression> condition = BindBoolean(expression, ScopeOf(schema), errors);
  if (condition) return *std::move(condition);
  const ExpressionError& error = errors.front();
  return MakeError(error.code, StrCat("where, column ", error.offset + 1, ": ", error.message,
                                      error.suggestion.empty() ? "" : "; ", error.suggestion));
}

}  // namespace freshet
