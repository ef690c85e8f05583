// concat and concat_ws take any number of values of any type. The engine's concat takes two texts, NULL as nothing; a
// separator that is NULL makes all NULL, and one goes in front of each value that is none:
//   concat_ws(s, a, b) = substring(concat(s || a, s || b) from length(s) + 1)
#include <utility>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/sql/bind/expression_binder.h"

namespace freshet {
namespace {

constexpr DataType kTextType{TypeKind::kText};

Expression TextLiteral(std::string_view text) { return Expression::Literal(Datum::Text(std::string(text)), kTextType); }

// As PostgreSQL writes it out; a cast would give true and false.
Expression BooleanAsText(const Expression& value) {
  Expression negated = Expression::Make(ExpressionKind::kNot, DataType{TypeKind::kBoolean}, {value});
  return Expression::Make(
      ExpressionKind::kCase, kTextType,
      {value, TextLiteral("t"), std::move(negated), TextLiteral("f"), Expression::Literal(Datum::Null(), kTextType)});
}

}  // namespace

std::optional<BoundValue> ExpressionBinder::AsText(BoundValue value, const Syntax& syntax) {
  if (!value.untyped && value.expression.type.kind == TypeKind::kBoolean) {
    return Make(BooleanAsText(value.expression), syntax);
  }
  CoerceResult result = CastExplicitly(std::move(value), kTextType);
  if (auto* error = std::get_if<ExpressionError>(&result)) {
    errors_.push_back(std::move(*error));
    return std::nullopt;
  }
  return Make(std::get<Expression>(std::move(result)), syntax);
}

// By halves: long lists copy their texts log(n) times only.
std::optional<BoundValue> ExpressionBinder::Concatenate(const Syntax& syntax, std::span<BoundValue> texts) {
  if (texts.empty()) return Make(TextLiteral(""), syntax);
  if (texts.size() == 1) return std::move(texts[0]);
  auto first = Concatenate(syntax, texts.first(texts.size() / 2));
  auto second = Concatenate(syntax, texts.subspan(texts.size() / 2));
  if (!first || !second) return std::nullopt;
  Values pair;
  pair.push_back(*std::move(first));
  pair.push_back(*std::move(second));
  return Call("concat", syntax, std::move(pair));
}

// text || anything is the text of both; without a text or an untyped literal the operator is not there.
void ExpressionBinder::MakeTextOperands(Values& values) {
  auto is_text = [](const BoundValue& value) { return value.untyped || value.expression.type.kind == TypeKind::kText; };
  if (values.size() != 2 || is_text(values[0]) == is_text(values[1])) return;
  BoundValue& other = is_text(values[0]) ? values[1] : values[0];
  const TypeKind kind = other.expression.type.kind;
  // These have a || of their own, for which a literal is read as one of them.
  const bool has_own = kind == TypeKind::kBytea || kind == TypeKind::kJsonb || kind == TypeKind::kArray;
  if (has_own && (values[0].untyped || values[1].untyped)) return;
  const uint32_t offset = other.offset;
  CoerceResult text = CastExplicitly(std::move(other), kTextType);
  CHECK(std::holds_alternative<Expression>(text)) << "every type has a cast to text";
  other = BoundValue{std::get<Expression>(std::move(text)), false, offset};
}

std::optional<BoundValue> ExpressionBinder::BindConcat(const Syntax& syntax, Values values) {
  if (values.empty()) return Fail(ErrorCode::kUnknownFunction, syntax.offset, "concat needs an argument");
  // One alone still turns NULL into nothing.
  if (values.size() == 1) values.push_back(BoundValue{TextLiteral(""), false, syntax.offset});
  for (BoundValue& value : values) {
    auto text = AsText(std::move(value), syntax);
    if (!text) return std::nullopt;
    value = *std::move(text);
  }
  return Concatenate(syntax, values);
}

std::optional<BoundValue> ExpressionBinder::BindConcatWithSeparator(const Syntax& syntax, Values values) {
  if (values.size() < 2) {
    return Fail(ErrorCode::kUnknownFunction, syntax.offset, "concat_ws needs a separator and values");
  }
  CoerceResult separator = CoerceImplicitly(std::move(values[0]), kTextType);
  if (auto* error = std::get_if<ExpressionError>(&separator)) {
    errors_.push_back(std::move(*error));
    return std::nullopt;
  }
  const BoundValue between{std::get<Expression>(std::move(separator)), false, syntax.offset};
  Values parts;
  for (size_t i = 1; i < values.size(); ++i) {
    auto text = AsText(std::move(values[i]), syntax);
    auto part = text ? Call("||", syntax, {between, *std::move(text)}) : std::nullopt;
    if (!part) return std::nullopt;
    parts.push_back(*std::move(part));
  }
  if (parts.size() == 1) parts.push_back(BoundValue{TextLiteral(""), false, syntax.offset});
  auto joined = Concatenate(syntax, parts);
  auto length = Call("length", syntax, {between});
  if (!joined || !length) return std::nullopt;
  BoundValue one{Expression::Literal(Datum::Int(1), DataType{TypeKind::kInteger}), false, syntax.offset};
  auto start = Call("+", syntax, {*std::move(length), std::move(one)});
  if (!start) return std::nullopt;
  return Call("substring", syntax, {*std::move(joined), *std::move(start)});
}

}  // namespace freshet
