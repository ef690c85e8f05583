#include "server/sql/bind/coerce.h"

#include "engine/base/str_cat.h"
#include "engine/columnar/text_length.h"
#include "engine/functions/function_list.h"

namespace freshet {
namespace {

bool IsNumber(TypeKind kind) {
  switch (kind) {
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kNumeric:
    case TypeKind::kDouble:
    case TypeKind::kReal:
      return true;
    case TypeKind::kBoolean:
    case TypeKind::kText:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kTime:
    case TypeKind::kBytea:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
      return false;
  }
  __builtin_unreachable();
}

CoerceResult ReadUntyped(const BoundValue& value, DataType type) {
  const Datum& literal = value.expression.literal;
  if (literal.is_null()) return Expression::Literal(Datum::Null(), type);
  absl::StatusOr<Datum> read = ParseDatum(literal.text_value(), type);
  if (read.ok()) return Expression::Literal(*std::move(read), type);
  return ExpressionError{ErrorCode::kInvalidLiteral,
                         StrCat("'", literal.text_value().substr(0, 60), "' is no ", TypeName(type), ": ",
                                StdView(read.status().message())),
                         "", value.offset};
}

// A constant number as another type of number, if it is one of its values.
std::optional<Expression> FoldNumber(const Expression& expression, DataType type) {
  if (expression.kind != ExpressionKind::kLiteral || !expression.literal.is_value()) return std::nullopt;
  if (!IsNumber(expression.type.kind) || !IsNumber(type.kind)) return std::nullopt;
  absl::StatusOr<Datum> read = ParseDatum(FormatDatum(expression.literal, expression.type), type);
  if (!read.ok()) return std::nullopt;
  return Expression::Literal(*std::move(read), type);
}

ExpressionError NoCast(const BoundValue& value, DataType type, std::string_view suggestion) {
  return {ErrorCode::kTypeMismatch,
          StrCat("a value of type ", TypeName(value.expression.type), " stands where ", TypeName(type), " is needed"),
          std::string(suggestion), value.offset};
}

// Whether values of one array type become those of another; what is no array passes.
template <typename Casts>
bool ElementsCast(DataType from, DataType to, Casts casts) {
  if (from.kind != TypeKind::kArray || to.kind != TypeKind::kArray) return true;
  return from.element == to.element || casts(from.element, to.element);
}

CoerceResult ApplyCast(BoundValue value, DataType type, std::string_view suggestion) {
  if (!ElementsCast(value.expression.type, type,
                    [](TypeKind from, TypeKind to) { return FindCast(from, to) != nullptr; })) {
    return NoCast(value, type, suggestion);
  }
  if (type.kind == TypeKind::kText && type.length > 0 && value.expression.type.kind != TypeKind::kText) {
    CoerceResult text = ApplyCast(std::move(value), DataType{TypeKind::kText}, suggestion);
    if (std::holds_alternative<ExpressionError>(text)) return text;
    value = BoundValue{std::get<Expression>(std::move(text)), false, value.offset};
  }
  const ScalarFunction* cast = FindCast(value.expression.type.kind, type.kind);
  if (cast != nullptr) {
    std::vector<Expression> arguments;
    arguments.push_back(std::move(value.expression));
    return Expression::Call(*cast, type, std::move(arguments));
  }
  // A type without a modifier takes every value of its kind.
  if (value.expression.type.kind == type.kind && !type.has_modifier()) return std::move(value.expression);
  return NoCast(value, type, suggestion);
}

}  // namespace

CoerceResult CoerceImplicitly(BoundValue value, DataType type) {
  if (value.untyped) return ReadUntyped(value, type);
  const Expression& expression = value.expression;
  if (expression.type == type) return std::move(value.expression);
  if (!IsImplicitCast(expression.type.kind, type.kind) || !ElementsCast(expression.type, type, IsImplicitCast)) {
    return NoCast(value, type, StrCat("cast it: (...)::", TypeName(type)));
  }
  if (auto folded = FoldNumber(expression, type)) return *std::move(folded);
  return ApplyCast(std::move(value), type, "");
}

CoerceResult CastExplicitly(BoundValue value, DataType type) {
  const bool cuts = value.untyped && type.length > 0 && !value.expression.literal.is_null();
  if (cuts && type.kind == TypeKind::kArray) {
    CoerceResult uncut = ReadUntyped(value, ArrayOf({TypeKind::kText}));
    if (std::holds_alternative<ExpressionError>(uncut)) return uncut;
    return ApplyCast({std::get<Expression>(std::move(uncut)), false, value.offset}, type, "");
  }
  if (cuts) {  // as a cast does
    std::string_view cut = CutText(value.expression.literal.text_value(), type);
    return Expression::Literal(Datum::Text(std::string(cut)), type);
  }
  if (value.untyped) return ReadUntyped(value, type);
  if (value.expression.type == type) return std::move(value.expression);
  return ApplyCast(std::move(value), type, "there is no cast between these types");
}

namespace {

// The type that values of one kind have in common: with their modifiers if these agree, else without.
DataType CommonModifiers(TypeKind kind, const std::vector<BoundValue>& values) {
  std::optional<DataType> common;
  for (const BoundValue& value : values) {
    if (value.untyped) continue;
    if (value.expression.type.kind != kind) return DataType{kind};
    if (common && *common != value.expression.type) return DataType{kind};
    common = value.expression.type;
  }
  return common.value_or(DataType{kind});
}

}  // namespace

std::optional<DataType> CommonDataType(const std::vector<BoundValue>& values) {
  std::vector<ArgumentType> types, elements;
  for (const BoundValue& value : values) {
    types.push_back(value.type());
    if (value.type() == TypeKind::kArray) elements.push_back(value.expression.type.element);
  }
  const std::optional<TypeKind> kind = CommonType(types);
  if (!kind) return std::nullopt;
  const DataType type = CommonModifiers(*kind, values);
  // Arrays of several types: of what their elements have in common.
  if (*kind != TypeKind::kArray || type != DataType{TypeKind::kArray}) return type;
  const std::optional<TypeKind> element = CommonType(elements);
  if (!element) return std::nullopt;
  return ArrayOf({*element});
}

}  // namespace freshet
