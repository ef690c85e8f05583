#include "server/sql/bind/expression_binder.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"
#include "engine/functions/aggregate/aggregate_list.h"
#include "engine/functions/function_list.h"
#include "engine/functions/table/table_function_list.h"
#include "server/definitions/suggestion.h"
#include "server/formats/api/table_shape.h"
#include "server/plan/type_proto.h"
#include "server/sql/bind/function_names.h"

namespace freshet {
namespace {

// IN and BETWEEN repeat their operand, so that a short text can grow without bound.
constexpr size_t kMaxWork = 100'000;

constexpr DataType kBooleanType{TypeKind::kBoolean};

std::string FormatName(const Syntax& syntax) {
  return syntax.names.size() == 2 ? StrCat(syntax.names[0], ".", syntax.names[1]) : syntax.names.back();
}

// A name as SQL text must have it.
std::string Quoted(const std::string& name) {
  bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '_';
  });
  return plain ? name : StrCat("\"", name, "\"");
}

bool IsOperator(std::string_view name) { return !absl::ascii_isalpha(static_cast<unsigned char>(name[0])); }

std::string ProblemOfConstants(const ScalarFunction& function, const std::vector<Expression>& arguments) {
  if (function.check == nullptr) return "";
  std::vector<const Datum*> constants;
  for (const Expression& argument : arguments) {
    constants.push_back(argument.kind == ExpressionKind::kLiteral ? &argument.literal : nullptr);
  }
  return function.check(constants);
}

}  // namespace

std::string DescribeArguments(const std::vector<BoundValue>& values) {
  std::string text = "(";
  for (size_t i = 0; i < values.size(); ++i) {
    StrAppend(&text, i > 0 ? ", " : "", values[i].untyped ? "unknown" : TypeName(values[i].expression.type));
  }
  return text + ")";
}

std::nullopt_t ExpressionBinder::Fail(ErrorCode code, uint32_t offset, std::string message, std::string suggestion) {
  errors_.push_back({code, std::move(message), std::move(suggestion), offset});
  return std::nullopt;
}

std::optional<BoundValue> ExpressionBinder::Make(Expression expression, const Syntax& syntax) {
  return BoundValue{std::move(expression), false, syntax.offset};
}

std::optional<BoundValue> ExpressionBinder::Bind(const Syntax& syntax) {
  if (++work_ > kMaxWork) {
    if (work_ == kMaxWork + 1) {
      Fail(ErrorCode::kExpressionTooLarge, syntax.offset, "the expression grows too large when it is written out",
           "compute repeated operands in a project");
    }
    return std::nullopt;
  }
  switch (syntax.kind) {
    case SyntaxKind::kColumn:
      return BindColumn(syntax);
    case SyntaxKind::kString:
      return BoundValue{Expression::Literal(Datum::Text(syntax.text), DataType{TypeKind::kText}), true, syntax.offset};
    case SyntaxKind::kNumber:
      return BindNumber(syntax);
    case SyntaxKind::kBoolean:
      return Make(Expression::Literal(Datum::Bool(syntax.text == "true"), kBooleanType), syntax);
    case SyntaxKind::kNull:
      return BoundValue{Expression::Literal(Datum::Null(), DataType{TypeKind::kText}), true, syntax.offset};
    case SyntaxKind::kCall:
      return BindCall(syntax);
    case SyntaxKind::kCast:
      return BindCast(syntax);
    case SyntaxKind::kAnd:
      return BindBooleans(syntax, ExpressionKind::kAnd);
    case SyntaxKind::kOr:
      return BindBooleans(syntax, ExpressionKind::kOr);
    case SyntaxKind::kNot:
      return BindBooleans(syntax, ExpressionKind::kNot);
    case SyntaxKind::kCase:
      return BindCase(syntax);
    case SyntaxKind::kCoalesce:
      return BindSame(syntax, ExpressionKind::kCoalesce);
    case SyntaxKind::kNullIf:
      return BindComparison(syntax, ExpressionKind::kNullIf);
    case SyntaxKind::kIsDistinctFrom:
      return BindComparison(syntax, ExpressionKind::kIsDistinctFrom);
    case SyntaxKind::kIsNull:
      return BindIsNull(syntax);
    case SyntaxKind::kGreatest:
    case SyntaxKind::kLeast:
      return BindExtreme(syntax);
    case SyntaxKind::kGrouping:
    case SyntaxKind::kExists:
    case SyntaxKind::kScalarSubquery:
    case SyntaxKind::kAnySubquery:
    case SyntaxKind::kAllSubquery:
      return Fail(ErrorCode::kUnsupported, syntax.offset, "a subquery in an expression is not built in this release");
    case SyntaxKind::kWrong:
      return std::nullopt;
  }
  __builtin_unreachable();
}

std::optional<BoundValue> ExpressionBinder::BindColumn(const Syntax& syntax) {
  const std::string& name = syntax.names.back();
  const std::string relation = syntax.names.size() == 2 ? syntax.names[0] : "";
  std::vector<uint32_t> found;
  for (uint32_t i = 0; i < scope_.size(); ++i) {
    if (scope_[i].name == name && (relation.empty() || scope_[i].relations.Contains(relation))) found.push_back(i);
  }
  if (found.size() == 1) {
    const ScopeColumn& column = scope_[found[0]];
    if (!column.type) return std::nullopt;
    return Make(Expression::Column(ColumnIndex(found[0]), *column.type), syntax);
  }
  if (relation.empty() && aggregates_ != nullptr) {
    if (auto key = aggregates_->FindKey(name)) {
      key->offset = syntax.offset;
      return key;
    }
  }
  if (found.size() > 1) return FailAmbiguousColumn(syntax, found);
  return FailUnknownColumn(syntax, relation);
}

std::nullopt_t ExpressionBinder::FailAmbiguousColumn(const Syntax& syntax, const std::vector<uint32_t>& found) {
  std::string both;
  for (uint32_t i : found) {
    if (scope_[i].relations.empty()) continue;
    StrAppend(&both, both.empty() ? "" : " or ", scope_[i].relations.ToVector()[0], ".", syntax.names.back());
  }
  return Fail(ErrorCode::kAmbiguousColumn, syntax.offset, StrCat("there are several columns ", FormatName(syntax)),
              both.empty() ? "" : StrCat("write ", both));
}

std::nullopt_t ExpressionBinder::FailUnknownColumn(const Syntax& syntax, const std::string& relation) {
  std::vector<std::string> names, relations;
  std::set<std::string> seen_names, seen_relations;
  RelationNames last;
  for (const ScopeColumn& column : scope_) {
    if (!column.relations.SharesAll(last)) {
      last = column.relations;
      for (std::string& each : last.ToVector()) {
        if (seen_relations.insert(each).second) relations.push_back(std::move(each));
      }
    }
    if (!relation.empty() && !column.relations.Contains(relation)) continue;
    if (seen_names.insert(column.name).second) names.push_back(Quoted(column.name));
  }
  if (!relation.empty() && !seen_relations.contains(relation)) {
    return Fail(ErrorCode::kUnknownRelation, syntax.offset, StrCat("no input is called ", relation),
                SuggestName(relation, relations));
  }
  return Fail(ErrorCode::kUnknownColumn, syntax.offset, StrCat("there is no column ", FormatName(syntax)),
              SuggestName(syntax.names.back(), names));
}

std::optional<BoundValue> ExpressionBinder::BindNumber(const Syntax& syntax) {
  int64_t integer = 0;
  if (absl::SimpleAtoi(syntax.text, &integer)) {
    bool fits = integer >= INT32_MIN && integer <= INT32_MAX;
    return Make(Expression::Literal(Datum::Int(integer), DataType{fits ? TypeKind::kInteger : TypeKind::kBigint}),
                syntax);
  }
  absl::StatusOr<Datum> number = ParseDatum(syntax.text, DataType{TypeKind::kNumeric});
  if (!number.ok()) {
    return Fail(ErrorCode::kInvalidLiteral, syntax.offset,
                StrCat(syntax.text.substr(0, 60), " is no number: ", StdView(number.status().message())));
  }
  return Make(Expression::Literal(*std::move(number), DataType{TypeKind::kNumeric}), syntax);
}

std::optional<ExpressionBinder::Values> ExpressionBinder::BindAll(const std::vector<SyntaxRef>& arguments) {
  Values values;
  bool complete = true;
  for (const SyntaxRef& argument : arguments) {
    auto value = Bind(*argument);
    complete = complete && value.has_value();
    if (complete) values.push_back(*std::move(value));
  }
  if (!complete) return std::nullopt;
  return values;
}

std::optional<Expression> ExpressionBinder::Coerce(BoundValue value, DataType type) {
  CoerceResult result = CoerceImplicitly(std::move(value), type);
  if (auto* error = std::get_if<ExpressionError>(&result)) {
    errors_.push_back(std::move(*error));
    return std::nullopt;
  }
  return std::get<Expression>(std::move(result));
}

bool ExpressionBinder::Unify(const Syntax& syntax, Values& values) {
  std::optional<DataType> type = CommonDataType(values);
  if (!type) {
    Fail(ErrorCode::kTypeMismatch, syntax.offset, StrCat("the types have none in common: ", DescribeArguments(values)),
         "cast them to one type");
    return false;
  }
  bool complete = true;
  for (BoundValue& value : values) {
    auto coerced = Coerce(std::move(value), *type);
    complete = complete && coerced.has_value();
    if (coerced) value.expression = *std::move(coerced), value.untyped = false;
  }
  return complete;
}

std::optional<BoundValue> ExpressionBinder::BindCast(const Syntax& syntax) {
  std::optional<DataType> type = EngineType(syntax.type);
  const bool casts_elements = type && type->kind == TypeKind::kArray && IsArrayForm(*syntax.arguments[0]);
  if (casts_elements) return BindArray(*syntax.arguments[0], ElementOf(*type));
  auto value = Bind(*syntax.arguments[0]);
  if (!type) {
    return Fail(ErrorCode::kUnsupportedType, syntax.offset,
                StrCat("the type ", FormatTypeProto(syntax.type), " is not built in this release"));
  }
  if (!value) return std::nullopt;
  CoerceResult result = CastExplicitly(*std::move(value), *type);
  if (auto* error = std::get_if<ExpressionError>(&result)) {
    errors_.push_back(std::move(*error));
    return std::nullopt;
  }
  return Make(std::get<Expression>(std::move(result)), syntax);
}

std::optional<BoundValue> ExpressionBinder::BindBooleans(const Syntax& syntax, ExpressionKind kind) {
  auto values = BindAll(syntax.arguments);
  if (!values) return std::nullopt;
  std::vector<Expression> arguments;
  for (BoundValue& value : *values) {
    auto coerced = Coerce(std::move(value), kBooleanType);
    if (!coerced) return std::nullopt;
    arguments.push_back(*std::move(coerced));
  }
  return Make(Expression::Make(kind, kBooleanType, std::move(arguments)), syntax);
}

std::optional<BoundValue> ExpressionBinder::BindCase(const Syntax& syntax) {
  auto values = BindAll(syntax.arguments);
  if (!values) return std::nullopt;
  Values results;
  std::vector<Expression> arguments(values->size(), Expression());
  bool complete = true;
  for (size_t i = 0; i < values->size(); ++i) {
    bool is_result = i % 2 == 1 || i + 1 == values->size();
    if (is_result) {
      results.push_back(std::move((*values)[i]));
      continue;
    }
    auto condition = Coerce(std::move((*values)[i]), kBooleanType);
    complete = complete && condition.has_value();
    if (condition) arguments[i] = *std::move(condition);
  }
  if (!Unify(syntax, results) || !complete) return std::nullopt;
  DataType type = results[0].expression.type;
  size_t next = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i % 2 == 1 || i + 1 == arguments.size()) arguments[i] = std::move(results[next++].expression);
  }
  return Make(Expression::Make(ExpressionKind::kCase, type, std::move(arguments)), syntax);
}

std::optional<BoundValue> ExpressionBinder::BindSame(const Syntax& syntax, ExpressionKind kind) {
  auto values = BindAll(syntax.arguments);
  if (!values || !Unify(syntax, *values)) return std::nullopt;
  DataType type = (*values)[0].expression.type;
  std::vector<Expression> arguments;
  for (BoundValue& value : *values) arguments.push_back(std::move(value.expression));
  return Make(Expression::Make(kind, type, std::move(arguments)), syntax);
}

std::optional<BoundValue> ExpressionBinder::BindComparison(const Syntax& syntax, ExpressionKind kind) {
  auto values = BindAll(syntax.arguments);
  if (!values || !Unify(syntax, *values)) return std::nullopt;
  DataType type = kind == ExpressionKind::kNullIf ? (*values)[0].expression.type : kBooleanType;
  return Make(Expression::Make(kind, type, {std::move((*values)[0].expression), std::move((*values)[1].expression)}),
              syntax);
}

std::optional<BoundValue> ExpressionBinder::BindIsNull(const Syntax& syntax) {
  auto value = Bind(*syntax.arguments[0]);
  if (!value) return std::nullopt;
  std::vector<Expression> arguments;
  arguments.push_back(std::move(value->expression));
  return Make(Expression::Make(ExpressionKind::kIsNull, kBooleanType, std::move(arguments)), syntax);
}

std::optional<BoundValue> ExpressionBinder::BindExtreme(const Syntax& syntax) {
  auto values = BindAll(syntax.arguments);
  if (!values || !Unify(syntax, *values)) return std::nullopt;
  // The engine's functions take two.
  BoundValue result = std::move((*values)[0]);
  for (size_t i = 1; i < values->size(); ++i) {
    Values pair;
    pair.push_back(std::move(result));
    pair.push_back(std::move((*values)[i]));
    auto called = Call(syntax.kind == SyntaxKind::kGreatest ? "greatest" : "least", syntax, std::move(pair));
    if (!called) return std::nullopt;
    result = *std::move(called);
  }
  return result;
}

std::optional<BoundValue> ExpressionBinder::BindCall(const Syntax& syntax) {
  if (!FindAggregates(syntax.text).empty()) {
    if (aggregates_ != nullptr) return aggregates_->Collect(syntax, errors_);
    return Fail(ErrorCode::kMisplacedAggregate, syntax.offset,
                StrCat("the aggregate ", syntax.text, " can only stand in the values of an aggregate"),
                "name it there, and read the name here");
  }
  if (IsArrayForm(syntax)) return BindArray(syntax, std::nullopt);
  auto values = BindAll(syntax.arguments);
  if (syntax.star || syntax.distinct || syntax.filter != nullptr || !syntax.order.empty()) {
    return Fail(ErrorCode::kUnknownFunction, syntax.offset,
                StrCat(syntax.text, " is no aggregate: it takes no *, DISTINCT, ORDER BY or FILTER"));
  }
  if (!values) return std::nullopt;
  if (syntax.text == "[]" || syntax.text == "[:]") CastSubscripts(*values);
  if (syntax.text == "||") {
    const std::string_view name = NameOfConcatenation(*values);
    if (name == "||") MakeTextOperands(*values);
    return Call(name, syntax, *std::move(values));
  }
  if (syntax.text == "concat") return BindConcat(syntax, *std::move(values));
  if (syntax.text == "concat_ws") return BindConcatWithSeparator(syntax, *std::move(values));
  return Call(syntax.text, syntax, *std::move(values));
}

std::optional<BoundValue> ExpressionBinder::Call(std::string_view name, const Syntax& syntax, Values values) {
  std::vector<const ScalarFunction*> functions;
  bool swapped = false;
  for (const FunctionSpelling& spelling : SpellingsOf(name, values.size())) {
    functions = FindScalarFunctions(spelling.name);
    swapped = spelling.swapped;
    if (!functions.empty()) break;
  }
  if (swapped) std::swap(values[0], values[1]);
  std::vector<ArgumentType> types;
  for (const BoundValue& value : values) types.push_back(value.type());
  std::vector<std::vector<TypeKind>> written;
  for (const ScalarFunction* function : functions) written.push_back(WrittenSignature(*function, types));
  const std::vector<Signature> signatures(written.begin(), written.end());
  OverloadChoice choice = ChooseOverload(signatures, types, IsOperator(name));
  if (!choice.index) {
    FailUnknownFunction(name, syntax, values, choice.ambiguous);
    return std::nullopt;
  }
  const ScalarFunction& function = *functions[*choice.index];
  if (!UnifyElements(function, syntax, values)) return std::nullopt;
  std::vector<Expression> arguments;
  for (size_t i = 0; i < values.size(); ++i) {
    // A modifier says nothing to a function.
    bool same = !values[i].untyped && values[i].expression.type.kind == function.arguments[i];
    auto coerced = same ? std::optional(std::move(values[i].expression))
                        : Coerce(std::move(values[i]), DataType{function.arguments[i]});
    if (!coerced) return std::nullopt;
    arguments.push_back(*std::move(coerced));
  }
  if (std::string problem = ProblemOfConstants(function, arguments); !problem.empty()) {
    return Fail(ErrorCode::kInvalidLiteral, syntax.offset, std::move(problem));
  }
  return Make(Expression::Call(function, std::move(arguments)), syntax);
}

void ExpressionBinder::FailUnknownFunction(std::string_view name, const Syntax& syntax, const Values& values,
                                           bool ambiguous) {
  if (ambiguous) {
    Fail(ErrorCode::kUnknownFunction, syntax.offset,
         StrCat(name, DescribeArguments(values), " could mean several functions"), "cast the arguments");
    return;
  }
  std::vector<std::string> names, signatures;
  for (const ScalarFunction& function : ScalarFunctions()) {
    if (function.name == name) {
      std::string signature(name);
      signature += "(";
      for (size_t i = 0; i < function.arguments.size(); ++i) {
        const TypeKind kind = function.arguments[i];
        StrAppend(&signature, i > 0 ? ", " : "", kind == TypeKind::kArray ? "array" : TypeName(DataType{kind}));
      }
      signatures.push_back(signature + ")");
    }
    if (names.empty() || names.back() != function.name) names.emplace_back(function.name);
  }
  if (IsOperator(name)) {
    Fail(signatures.empty() ? ErrorCode::kUnknownFunction : ErrorCode::kTypeMismatch, syntax.offset,
         StrCat("the operator ", name, " does not take ", DescribeArguments(values)), "cast the operands");
    return;
  }
  for (const TableFunction& function : TableFunctions()) {
    if (function.name != name) continue;
    Fail(ErrorCode::kUnknownFunction, syntax.offset, StrCat(name, " gives many rows for one: it is no value"),
         "call it in a flat_map");
    return;
  }
  if (signatures.empty()) {
    Fail(ErrorCode::kUnknownFunction, syntax.offset, StrCat("there is no function ", name, DescribeArguments(values)),
         SuggestName(name, names));
    return;
  }
  std::string known = "it takes ";
  for (size_t i = 0; i < std::min<size_t>(signatures.size(), 6); ++i)
    StrAppend(&known, i > 0 ? ", " : "", signatures[i]);
  Fail(ErrorCode::kUnknownFunction, syntax.offset, StrCat(name, " does not take ", DescribeArguments(values)), known);
}

}  // namespace freshet
