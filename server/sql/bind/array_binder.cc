// Calls with arrays. The arrays of a call and what is written as an element in it get one type; the element goes to the
// engine as an array of it alone.
#include <utility>

#include "engine/base/str_cat.h"
#include "engine/columnar/array.h"
#include "engine/functions/function_list.h"
#include "server/sql/bind/expression_binder.h"

namespace freshet {
namespace {

bool IsElement(const ScalarFunction& function, size_t argument) {
  return (function.element_arguments >> argument & 1) != 0;
}

// A value of exactly the element type as an array.
Expression ArrayOfOne(Expression element) {
  const DataType array = ArrayOf(element.type);
  if (element.kind == ExpressionKind::kLiteral && !element.literal.is_error()) {
    ArrayWriter writer(array);
    writer.Append(element.literal);
    return Expression::Literal(Datum::Text(writer.Finish()), array);
  }
  const TypeKind kinds[] = {element.type.kind};
  const ScalarFunction* function = FindScalarFunction("array", kinds);
  return Expression::Call(*function, array, {std::move(element)});
}

// Constants at once.
Expression Joined(Expression first, Expression second) {
  const DataType array = first.type;
  if (first.kind == ExpressionKind::kLiteral && second.kind == ExpressionKind::kLiteral) {
    ArrayWriter writer(array);
    for (const Expression* part : {&first, &second}) {
      ArrayReader reader(part->literal.text_value(), array);
      for (ArrayElement element; reader.Next(&element);) writer.Append(element);
    }
    return Expression::Literal(Datum::Text(writer.Finish()), array);
  }
  static constexpr TypeKind kArrays[] = {TypeKind::kArray, TypeKind::kArray};
  return Expression::Call(*FindScalarFunction("array_cat", kArrays), array, {std::move(first), std::move(second)});
}

// By halves: long lists copy their elements log(n) times only.
Expression JoinedArrays(std::span<Expression> arrays) {
  if (arrays.size() == 1) return std::move(arrays[0]);
  const size_t half = arrays.size() / 2;
  return Joined(JoinedArrays(arrays.first(half)), JoinedArrays(arrays.subspan(half)));
}

}  // namespace

bool IsArrayForm(const Syntax& syntax) { return syntax.kind == SyntaxKind::kCall && syntax.text == "array"; }

std::vector<TypeKind> WrittenSignature(const ScalarFunction& function, std::span<const ArgumentType> types) {
  std::vector<TypeKind> signature = function.arguments;
  for (size_t i = 0; i < signature.size() && i < types.size(); ++i) {
    if (IsElement(function, i)) signature[i] = types[i].value_or(TypeKind::kText);
  }
  return signature;
}

// `element`: the type that a cast around it asks for.
std::optional<BoundValue> ExpressionBinder::BindArray(const Syntax& syntax, std::optional<DataType> element) {
  auto values = BindAll(syntax.arguments);
  if (!values) return std::nullopt;
  if (values->empty() && !element) {
    return Fail(ErrorCode::kTypeMismatch, syntax.offset, "the type of an empty array is not known",
                "cast it: ARRAY[]::integer[]");
  }
  if (values->empty())
    return Make(Expression::Literal(Datum::Text(ArrayWriter(ArrayOf(*element)).Finish()), ArrayOf(*element)), syntax);
  if (!element && !Unify(syntax, *values)) return std::nullopt;
  std::vector<Expression> arrays;
  for (BoundValue& value : *values) {
    if (!value.untyped && value.expression.type.kind == TypeKind::kArray) {
      return Fail(ErrorCode::kUnsupported, value.offset, "an array of arrays is not built in this release");
    }
    CoerceResult cast =
        element ? CastExplicitly(std::move(value), *element) : CoerceResult(std::move(value.expression));
    if (auto* error = std::get_if<ExpressionError>(&cast)) {
      errors_.push_back(std::move(*error));
      return std::nullopt;
    }
    arrays.push_back(ArrayOfOne(std::get<Expression>(std::move(cast))));
  }
  return Make(JoinedArrays(arrays), syntax);
}

std::string_view NameOfConcatenation(const std::vector<BoundValue>& values) {
  if (values.size() != 2 || values[0].untyped || values[1].untyped) return "||";
  const bool first = values[0].expression.type.kind == TypeKind::kArray;
  const bool second = values[1].expression.type.kind == TypeKind::kArray;
  if (first == second) return "||";
  return first ? "array_append" : "array_prepend";
}

// A subscript may be any whole number, as in an assignment to an integer.
void ExpressionBinder::CastSubscripts(Values& values) {
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i].type() != TypeKind::kBigint) continue;
    CoerceResult cast = CastExplicitly(std::move(values[i]), {TypeKind::kInteger});
    values[i].expression = std::get<Expression>(std::move(cast));
  }
}

bool ExpressionBinder::UnifyElements(const ScalarFunction& function, const Syntax& syntax, Values& values) {
  Values elements;
  bool any_array = false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (function.arguments[i] != TypeKind::kArray) continue;
    any_array = true;
    const DataType type = values[i].expression.type;
    if (IsElement(function, i)) {
      elements.push_back(values[i]);
      if (values[i].untyped || type.kind != TypeKind::kArray) continue;
      Fail(ErrorCode::kUnsupported, values[i].offset, "an array of arrays is not built in this release");
      return false;
    }
    if (!values[i].untyped) elements.push_back({Expression::Literal(Datum::Null(), ElementOf(type)), false, 0});
  }
  if (!any_array) return true;
  std::erase_if(elements, [](const BoundValue& value) { return value.untyped; });
  if (elements.empty()) {
    Fail(ErrorCode::kTypeMismatch, syntax.offset, "the type of the array's elements is not known",
         "cast it: '{1,2}'::integer[]");
    return false;
  }
  const std::optional<DataType> element = CommonDataType(elements);
  if (!element) {
    Fail(ErrorCode::kTypeMismatch, syntax.offset,
         StrCat("the elements have no type in common: ", DescribeArguments(values)), "cast them to one type");
    return false;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (function.arguments[i] != TypeKind::kArray) continue;
    auto coerced = Coerce(std::move(values[i]), IsElement(function, i) ? *element : ArrayOf(*element));
    if (!coerced) return false;
    values[i] = {IsElement(function, i) ? ArrayOfOne(*std::move(coerced)) : *std::move(coerced), false, syntax.offset};
  }
  return true;
}

}  // namespace freshet
