#include "engine/expr/expression.h"

#include "engine/base/check.h"

namespace freshet {
namespace {

bool IsSymbol(std::string_view name) {
  return !name.empty() && (name[0] < 'a' || name[0] > 'z') && (name[0] < '0' || name[0] > '9');
}

void Append(const Expression& expression, std::string* out);

void AppendList(const std::vector<Expression>& arguments, std::string_view separator, std::string* out) {
  out->push_back('(');
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) out->append(separator);
    Append(arguments[i], out);
  }
  out->push_back(')');
}

void AppendLiteral(const Expression& expression, std::string* out) {
  std::string text = FormatDatum(expression.literal, expression.type);
  if (!expression.literal.is_value()) {
    out->append(text);
    return;
  }
  switch (expression.type.kind) {
    case TypeKind::kBoolean:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kNumeric:
    case TypeKind::kDouble:
    case TypeKind::kReal:
      out->append(text);
      return;
    case TypeKind::kText:
      break;
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kTime:
    case TypeKind::kBytea:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
      out->append(TypeName(expression.type)).push_back(' ');
      break;
  }
  out->push_back('\'');
  for (char c : text) out->append(c == '\'' ? 2 : 1, c);
  out->push_back('\'');
}

void AppendCall(const Expression& expression, std::string* out) {
  const std::vector<Expression>& arguments = expression.arguments;
  std::string_view name = expression.function->name;
  if (name == "cast") {
    out->append("cast(");
    Append(arguments[0], out);
    out->append(" as ").append(TypeName(expression.type)).push_back(')');
  } else if (IsSymbol(name) && arguments.size() == 2) {
    AppendList(arguments, std::string(" ").append(name).append(" "), out);
  } else {
    out->append(name);
    AppendList(arguments, ", ", out);
  }
}

void AppendCase(const Expression& expression, std::string* out) {
  out->append("case");
  size_t i = 0;
  for (; i + 1 < expression.arguments.size(); i += 2) {
    out->append(" when ");
    Append(expression.arguments[i], out);
    out->append(" then ");
    Append(expression.arguments[i + 1], out);
  }
  out->append(" else ");
  Append(expression.arguments[i], out);
  out->append(" end");
}

void Append(const Expression& expression, std::string* out) {
  switch (expression.kind) {
    case ExpressionKind::kColumn:
      out->append("#").append(std::to_string(expression.column.value()));
      return;
    case ExpressionKind::kLiteral:
      AppendLiteral(expression, out);
      return;
    case ExpressionKind::kCall:
      AppendCall(expression, out);
      return;
    case ExpressionKind::kAnd:
      AppendList(expression.arguments, " and ", out);
      return;
    case ExpressionKind::kOr:
      AppendList(expression.arguments, " or ", out);
      return;
    case ExpressionKind::kNot:
      out->append("not ");
      AppendList(expression.arguments, "", out);
      return;
    case ExpressionKind::kCase:
      AppendCase(expression, out);
      return;
    case ExpressionKind::kCoalesce:
      out->append("coalesce");
      AppendList(expression.arguments, ", ", out);
      return;
    case ExpressionKind::kNullIf:
      out->append("nullif");
      AppendList(expression.arguments, ", ", out);
      return;
    case ExpressionKind::kIsNull:
      AppendList(expression.arguments, "", out);
      out->append(" is null");
      return;
    case ExpressionKind::kIsDistinctFrom:
      AppendList(expression.arguments, " is distinct from ", out);
      return;
    case ExpressionKind::kIfError:
      out->append("if_error");
      AppendList(expression.arguments, ", ", out);
      return;
  }
}

}  // namespace

Expression Expression::Column(ColumnIndex index, DataType type) {
  Expression expression;
  expression.kind = ExpressionKind::kColumn;
  expression.type = type;
  expression.column = index;
  return expression;
}

Expression Expression::Literal(Datum value, DataType type) {
  Expression expression;
  expression.kind = ExpressionKind::kLiteral;
  expression.type = type;
  expression.literal = std::move(value);
  return expression;
}

Expression Expression::Call(const ScalarFunction& function, std::vector<Expression> arguments) {
  const DataType type = ResultTypeOf(function, TypesOf(arguments));
  return Call(function, type, std::move(arguments));
}

Expression Expression::Call(const ScalarFunction& function, DataType type, std::vector<Expression> arguments) {
  Expression expression = Make(ExpressionKind::kCall, type, std::move(arguments));
  expression.function = &function;
  return expression;
}

Expression Expression::Make(ExpressionKind kind, DataType type, std::vector<Expression> arguments) {
  Expression expression;
  expression.kind = kind;
  expression.type = type;
  expression.arguments = std::move(arguments);
  return expression;
}

std::vector<DataType> TypesOf(const std::vector<Expression>& expressions) {
  std::vector<DataType> types;
  for (const Expression& expression : expressions) types.push_back(expression.type);
  return types;
}

std::string FormatExpression(const Expression& expression) {
  std::string out;
  Append(expression, &out);
  return out;
}

}  // namespace freshet
