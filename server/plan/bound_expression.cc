#include "server/plan/bound_expression.h"

#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/functions/function_list.h"
#include "server/formats/api/table_shape.h"
#include "server/plan/type_proto.h"

namespace freshet {
namespace {

using Proto = v1::BoundExpression;

Proto::Kind KindToProto(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kColumn:
      return Proto::COLUMN;
    case ExpressionKind::kLiteral:
      return Proto::LITERAL;
    case ExpressionKind::kCall:
      return expression.function->name == "cast" ? Proto::CAST : Proto::CALL;
    case ExpressionKind::kAnd:
      return Proto::AND;
    case ExpressionKind::kOr:
      return Proto::OR;
    case ExpressionKind::kNot:
      return Proto::NOT;
    case ExpressionKind::kCase:
      return Proto::CASE;
    case ExpressionKind::kCoalesce:
      return Proto::COALESCE;
    case ExpressionKind::kNullIf:
      return Proto::NULL_IF;
    case ExpressionKind::kIsNull:
      return Proto::IS_NULL;
    case ExpressionKind::kIsDistinctFrom:
      return Proto::IS_DISTINCT_FROM;
    case ExpressionKind::kIfError:
      return Proto::IF_ERROR;
  }
  __builtin_unreachable();
}

absl::Status Unknown(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("the plan was made by another release: ", what));
}

absl::StatusOr<Expression> FromLiteral(const Proto& proto, DataType type) {
  if (proto.literal().null()) return Expression::Literal(Datum::Null(), type);
  absl::StatusOr<Datum> value = ParseDatum(proto.literal().text(), type);
  if (!value.ok()) return value.status();
  return Expression::Literal(*std::move(value), type);
}

absl::StatusOr<Expression> FromCall(const Proto& proto, DataType type, std::vector<Expression> arguments) {
  std::vector<TypeKind> kinds;
  for (const Expression& argument : arguments) kinds.push_back(argument.type.kind);
  const ScalarFunction* function = FindScalarFunction(proto.function(), kinds);
  if (function == nullptr || (function->result && function->result != type.kind))
    return Unknown(StrCat("function ", proto.function()));
  return Expression::Call(*function, type, std::move(arguments));
}

absl::StatusOr<Expression> FromCast(DataType type, std::vector<Expression> arguments) {
  if (arguments.size() != 1) return Unknown("a cast takes one argument");
  const ScalarFunction* function = FindCast(arguments[0].type.kind, type.kind);
  if (function == nullptr) return Unknown("a cast");
  return Expression::Call(*function, type, std::move(arguments));
}

}  // namespace

v1::BoundExpression ExpressionToProto(const Expression& expression) {
  Proto proto;
  proto.set_kind(KindToProto(expression));
  *proto.mutable_type() = TypeToProto(expression.type);
  if (expression.kind == ExpressionKind::kColumn) proto.set_column(expression.column.value());
  if (expression.kind == ExpressionKind::kLiteral) {
    *proto.mutable_literal()->mutable_type() = TypeToProto(expression.type);
    if (expression.literal.is_null()) {
      proto.mutable_literal()->set_null(true);
    } else {
      CHECK(expression.literal.is_value());
      proto.mutable_literal()->set_text(FormatDatum(expression.literal, expression.type));
    }
  }
  if (expression.kind == ExpressionKind::kCall) proto.set_function(std::string(expression.function->name));
  for (const Expression& argument : expression.arguments) *proto.add_arguments() = ExpressionToProto(argument);
  return proto;
}

absl::StatusOr<Expression> ExpressionFromProto(const v1::BoundExpression& proto) {
  std::optional<DataType> type = EngineType(proto.type());
  if (!type) return Unknown(StrCat("type ", v1::TypeKind_Name(proto.type().kind())));
  std::vector<Expression> arguments;
  for (const Proto& argument : proto.arguments()) {
    ASSIGN_OR_RETURN(Expression read, ExpressionFromProto(argument));
    arguments.push_back(std::move(read));
  }
  auto make = [&](ExpressionKind kind) { return Expression::Make(kind, *type, std::move(arguments)); };
  switch (proto.kind()) {
    case Proto::COLUMN:
      return Expression::Column(ColumnIndex(proto.column()), *type);
    case Proto::LITERAL:
      return FromLiteral(proto, *type);
    case Proto::CALL:
      return FromCall(proto, *type, std::move(arguments));
    case Proto::CAST:
      return FromCast(*type, std::move(arguments));
    case Proto::AND:
      return make(ExpressionKind::kAnd);
    case Proto::OR:
      return make(ExpressionKind::kOr);
    case Proto::NOT:
      return make(ExpressionKind::kNot);
    case Proto::CASE:
      return make(ExpressionKind::kCase);
    case Proto::COALESCE:
      return make(ExpressionKind::kCoalesce);
    case Proto::NULL_IF:
      return make(ExpressionKind::kNullIf);
    case Proto::IS_NULL:
      return make(ExpressionKind::kIsNull);
    case Proto::IS_DISTINCT_FROM:
      return make(ExpressionKind::kIsDistinctFrom);
    case Proto::IF_ERROR:
      return make(ExpressionKind::kIfError);
    case Proto::KIND_UNSPECIFIED:
    case v1::BoundExpression_Kind_BoundExpression_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::BoundExpression_Kind_BoundExpression_Kind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return Unknown(StrCat("expression ", static_cast<int>(proto.kind())));
}

}  // namespace freshet
