#include "server/sql/bind/syntax_from_proto.h"

#include <optional>
#include <string>
#include <utility>

#include "engine/base/str_cat.h"
#include "server/sql/parse/parse_expression.h"

namespace freshet {
namespace {

constexpr std::pair<std::string_view, SyntaxKind> kForms[] = {
    {"and", SyntaxKind::kAnd},           {"or", SyntaxKind::kOr},
    {"not", SyntaxKind::kNot},           {"case", SyntaxKind::kCase},
    {"coalesce", SyntaxKind::kCoalesce}, {"nullif", SyntaxKind::kNullIf},
    {"is null", SyntaxKind::kIsNull},    {"is distinct from", SyntaxKind::kIsDistinctFrom},
    {"greatest", SyntaxKind::kGreatest}, {"least", SyntaxKind::kLeast},
};

using Result = std::variant<SyntaxRef, ExpressionError>;

ExpressionError Malformed(std::string message) { return {ErrorCode::kInvalidDefinition, std::move(message), "", 0}; }

Result Read(const v1::Expression& expression, uint32_t depth);

// The number of operands that a form takes; what it does not take is an error.
std::optional<ExpressionError> CheckOperands(const std::string& name, SyntaxKind kind, size_t count) {
  bool fits = true;
  switch (kind) {
    case SyntaxKind::kAnd:
    case SyntaxKind::kOr:
      fits = count >= 2;
      break;
    case SyntaxKind::kNot:
    case SyntaxKind::kIsNull:
      fits = count == 1;
      break;
    case SyntaxKind::kCase:
      fits = count >= 3 && count % 2 == 1;
      break;
    case SyntaxKind::kNullIf:
    case SyntaxKind::kIsDistinctFrom:
      fits = count == 2;
      break;
    case SyntaxKind::kCoalesce:
    case SyntaxKind::kGreatest:
    case SyntaxKind::kLeast:
      fits = count >= 1;
      break;
    case SyntaxKind::kColumn:
    case SyntaxKind::kString:
    case SyntaxKind::kNumber:
    case SyntaxKind::kBoolean:
    case SyntaxKind::kNull:
    case SyntaxKind::kCall:
    case SyntaxKind::kCast:
    case SyntaxKind::kGrouping:
    case SyntaxKind::kExists:
    case SyntaxKind::kScalarSubquery:
    case SyntaxKind::kAnySubquery:
    case SyntaxKind::kAllSubquery:
    case SyntaxKind::kWrong:
      break;
  }
  if (fits) return std::nullopt;
  return Malformed(StrCat("`", name, "` does not take ", count, " arguments"));
}

Result ReadLiteral(const v1::Literal& literal, uint32_t offset) {
  auto syntax = std::make_shared<Syntax>();
  syntax->offset = offset;
  syntax->kind = literal.null() ? SyntaxKind::kNull : SyntaxKind::kString;
  syntax->text = literal.text();
  if (!literal.has_type() || literal.type().kind() == v1::TYPE_KIND_UNSPECIFIED) return SyntaxRef(syntax);
  auto cast = std::make_shared<Syntax>();
  cast->offset = offset;
  cast->kind = SyntaxKind::kCast;
  cast->type = literal.type();
  cast->arguments.push_back(std::move(syntax));
  return SyntaxRef(cast);
}

Result ReadCall(const v1::FunctionCall& call, uint32_t offset, uint32_t depth) {
  auto syntax = std::make_shared<Syntax>();
  syntax->offset = offset;
  syntax->kind = SyntaxKind::kCall;
  syntax->text = call.function();
  for (const auto& [name, kind] : kForms) {
    if (call.function() == name) syntax->kind = kind;
  }
  for (const v1::Expression& argument : call.arguments()) {
    Result read = Read(argument, depth + 1);
    if (std::holds_alternative<ExpressionError>(read)) return read;
    syntax->arguments.push_back(std::get<SyntaxRef>(std::move(read)));
  }
  if (auto error = CheckOperands(call.function(), syntax->kind, syntax->arguments.size())) return *error;
  syntax->star = call.star();
  syntax->distinct = call.distinct();
  if (call.has_filter()) {
    Result read = Read(call.filter(), depth + 1);
    if (std::holds_alternative<ExpressionError>(read)) return read;
    syntax->filter = std::get<SyntaxRef>(std::move(read));
  }
  for (const v1::SortKey& key : call.order()) {
    Result read = Read(key.expression(), depth + 1);
    if (std::holds_alternative<ExpressionError>(read)) return read;
    syntax->order.push_back({std::get<SyntaxRef>(std::move(read)), key.descending(), key.nulls_first()});
  }
  syntax->within_group = call.within_group();
  return SyntaxRef(syntax);
}

Result Read(const v1::Expression& expression, uint32_t depth) {
  if (depth > kMaxExpressionDepth) {
    return ExpressionError{ErrorCode::kExpressionTooLarge,
                           StrCat("the expression is nested deeper than ", kMaxExpressionDepth), "", 0};
  }
  // Of typed trees only scripts have places.
  uint32_t offset = expression.position() == 0 ? 0 : expression.position() - 1;
  switch (expression.expression_case()) {
    case v1::Expression::kSql:
      return ParseExpression(expression.sql());
    case v1::Expression::kColumn: {
      auto syntax = std::make_shared<Syntax>();
      syntax->offset = offset;
      syntax->kind = SyntaxKind::kColumn;
      if (!expression.column().relation().empty()) syntax->names.push_back(expression.column().relation());
      syntax->names.push_back(expression.column().name());
      return SyntaxRef(syntax);
    }
    case v1::Expression::kLiteral:
      return ReadLiteral(expression.literal(), offset);
    case v1::Expression::kCall:
      return ReadCall(expression.call(), offset, depth);
    case v1::Expression::kCast: {
      Result read = Read(expression.cast().operand(), depth + 1);
      if (std::holds_alternative<ExpressionError>(read)) return read;
      auto syntax = std::make_shared<Syntax>();
      syntax->offset = offset;
      syntax->kind = SyntaxKind::kCast;
      syntax->type = expression.cast().type();
      syntax->arguments.push_back(std::get<SyntaxRef>(std::move(read)));
      return SyntaxRef(syntax);
    }
    case v1::Expression::EXPRESSION_NOT_SET:
      return Malformed("an expression is missing");
  }
  __builtin_unreachable();
}

}  // namespace

std::variant<SyntaxRef, ExpressionError> SyntaxOf(const v1::Expression& expression) { return Read(expression, 0); }

}  // namespace freshet
