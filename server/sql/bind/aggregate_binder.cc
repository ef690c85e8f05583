// A value is an expression over aggregate calls and keys. It is bound over the input's columns with the calls as
// columns of numbers that no input has (kCallBase + i); then what equals a key becomes the key's column, and input
// columns that are left over stand outside of every call.
#include "server/sql/bind/aggregate_binder.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "engine/base/str_cat.h"
#include "engine/functions/aggregate/aggregate_list.h"
#include "server/definitions/places.h"
#include "server/definitions/suggestion.h"
#include "server/plan/expression_logic.h"
#include "server/sql/bind/bind_expression.h"
#include "server/sql/bind/expression_binder.h"
#include "server/sql/bind/syntax_from_proto.h"

namespace freshet {
namespace {

constexpr uint32_t kCallBase = 1u << 24;

class Collector : public AggregateCollector {
 public:
  Collector(const Scope& scope, const v1::Aggregate& aggregate, BoundAggregate& bound)
      : scope_(scope), aggregate_(aggregate), bound_(bound) {}

  std::optional<BoundValue> FindKey(const std::string& name) override {
    for (int i = 0; i < aggregate_.keys_size(); ++i) {
      if (aggregate_.keys(i).name() != name || !bound_.keys[static_cast<size_t>(i)]) continue;
      return BoundValue{*bound_.keys[static_cast<size_t>(i)], false, 0};
    }
    return std::nullopt;
  }

  std::optional<BoundValue> Collect(const Syntax& call, std::vector<ExpressionError>& errors) override {
    // Calls inside of calls are misplaced.
    ExpressionBinder binder(scope_, nullptr, errors);
    BoundAggregateCall made;
    std::vector<BoundValue> values, order;
    bool complete = BindAll(call.arguments, binder, &values);
    std::vector<SyntaxRef> keys;
    for (const SortSyntax& key : call.order) keys.push_back(key.value);
    complete = BindAll(keys, binder, &order) && complete;
    if (call.filter != nullptr) complete = BindFilter(call, binder, &made, errors) && complete;
    if (!complete) return std::nullopt;
    const AggregateFunction& any = *FindAggregates(call.text).front();
    const bool resolved = call.within_group == (any.values == AggregateValues::kWithinGroup)
                              ? call.within_group ? ResolveWithinGroup(call, values, order, &made, errors)
                                                  : Resolve(call, values, &made, errors) &&
                                                        TakeOrder(call, std::move(order), &made, errors)
                              : FailWithinGroup(call, errors);
    if (!resolved) return std::nullopt;
    return BoundValue{Expression::Column(ColumnIndex(kCallBase + Place(std::move(made))), made.type), false,
                      call.offset};
  }

 private:
  static bool Fail(std::vector<ExpressionError>& errors, ErrorCode code, uint32_t offset, std::string message,
                   std::string suggestion = "") {
    errors.push_back({code, std::move(message), std::move(suggestion), offset});
    return false;
  }

  static bool BindAll(const std::vector<SyntaxRef>& syntaxes, ExpressionBinder& binder, std::vector<BoundValue>* out) {
    bool complete = true;
    for (const SyntaxRef& syntax : syntaxes) {
      auto value = binder.Bind(*syntax);
      complete = complete && value.has_value();
      if (value) out->push_back(*std::move(value));
    }
    return complete;
  }

  static bool FailWithinGroup(const Syntax& call, std::vector<ExpressionError>& errors) {
    return Fail(errors, ErrorCode::kUnknownFunction, call.offset,
                StrCat("the aggregate ", call.text,
                       call.within_group ? " takes no WITHIN GROUP" : " needs WITHIN GROUP (ORDER BY ...)"));
  }

  // The value that is ordered by is the argument; what stands in the call are constants.
  bool ResolveWithinGroup(const Syntax& call, std::vector<BoundValue>& values, std::vector<BoundValue>& order,
                          BoundAggregateCall* made, std::vector<ExpressionError>& errors) {
    std::vector<BoundValue> all = std::move(order);
    std::ranges::move(values, std::back_inserter(all));
    if (!Resolve(call, all, made, errors)) return false;
    for (size_t i = 0; i < made->arguments.size(); ++i) {
      made->order.push_back({made->arguments[i], {call.order[i].descending, call.order[i].nulls_first}});
    }
    for (const Datum& fraction : made->parameters) {
      if (fraction.is_null() || (fraction.double_value() >= 0 && fraction.double_value() <= 1)) continue;
      return Fail(errors, ErrorCode::kInvalidLiteral, call.offset,
                  StrCat("the fraction of ", call.text, " lies between 0 and 1"));
    }
    return true;
  }

  // Where the order says nothing to the function it is only checked.
  static bool TakeOrder(const Syntax& call, std::vector<BoundValue> order, BoundAggregateCall* made,
                        std::vector<ExpressionError>& errors) {
    if (made->function->needs_order && order.empty()) {
      return Fail(errors, ErrorCode::kUnknownFunction, call.offset,
                  StrCat("the aggregate ", call.text, " needs an ORDER BY: without it no row is the ", call.text),
                  StrCat("write ", call.text, "(x ORDER BY y), or any_value(x)"));
    }
    if (made->function->values != AggregateValues::kOrdered) return true;
    std::set<std::string> arguments;
    for (const Expression& argument : made->arguments) arguments.insert(ExpressionLogic(argument));
    for (size_t i = 0; i < order.size(); ++i) {
      CoerceResult value = order[i].untyped ? CoerceImplicitly(std::move(order[i]), DataType{TypeKind::kText})
                                            : CoerceResult(std::move(order[i].expression));
      if (auto* error = std::get_if<ExpressionError>(&value)) {
        errors.push_back(std::move(*error));
        return false;
      }
      auto& expression = std::get<Expression>(value);
      if (made->distinct && !arguments.contains(ExpressionLogic(expression))) {
        return Fail(errors, ErrorCode::kUnsupported, call.order[i].value->offset,
                    "with DISTINCT only what is aggregated can be ordered by");
      }
      made->order.push_back({std::move(expression), {call.order[i].descending, call.order[i].nulls_first}});
    }
    return true;
  }

  bool BindFilter(const Syntax& call, ExpressionBinder& binder, BoundAggregateCall* made,
                  std::vector<ExpressionError>& errors) {
    auto filter = binder.Bind(*call.filter);
    if (!filter) return false;
    CoerceResult result = CoerceImplicitly(*std::move(filter), DataType{TypeKind::kBoolean});
    if (auto* error = std::get_if<ExpressionError>(&result)) {
      errors.push_back(std::move(*error));
      return false;
    }
    made->filter = std::get<Expression>(std::move(result));
    return true;
  }

  bool Resolve(const Syntax& call, std::vector<BoundValue>& values, BoundAggregateCall* made,
               std::vector<ExpressionError>& errors) {
    std::vector<const AggregateFunction*> functions = FindAggregates(call.text);
    if (values.empty() && !call.star) {
      return Fail(errors, ErrorCode::kUnknownFunction, call.offset, StrCat(call.text, "() needs an argument"),
                  call.text == "count" ? "write count(*)" : "");
    }
    std::vector<ArgumentType> types;
    for (const BoundValue& value : values) types.push_back(value.type());
    std::vector<std::vector<TypeKind>> wanted_types;
    for (const AggregateFunction* function : functions) wanted_types.push_back(SignatureFor(*function, types));
    const std::vector<Signature> signatures(wanted_types.begin(), wanted_types.end());
    OverloadChoice choice = ChooseOverload(signatures, types, /*is_operator=*/false);
    if (!choice.index) {
      return Fail(errors, ErrorCode::kUnknownFunction, call.offset,
                  StrCat("the aggregate ", call.text, " does not take ", DescribeArguments(values)),
                  choice.ambiguous ? "cast the argument" : "");
    }
    made->function = functions[*choice.index];
    const AggregateFunction& function = *made->function;
    made->distinct = call.distinct || function.is_distinct;
    for (size_t i = 0; i < values.size(); ++i) {
      const uint32_t offset = values[i].offset;
      TypeKind wanted = signatures[*choice.index][i];
      bool same = !values[i].untyped && values[i].expression.type.kind == wanted;
      CoerceResult result =
          same ? CoerceResult(values[i].expression) : CoerceImplicitly(std::move(values[i]), DataType{wanted});
      if (auto* error = std::get_if<ExpressionError>(&result)) {
        errors.push_back(std::move(*error));
        return false;
      }
      auto& expression = std::get<Expression>(result);
      if (i < function.arguments.size()) {
        made->arguments.push_back(std::move(expression));
      } else if (expression.kind == ExpressionKind::kLiteral && !expression.literal.is_error()) {
        made->parameters.push_back(expression.literal);
      } else {
        return Fail(errors, ErrorCode::kUnsupported, offset,
                    StrCat("a ", call.within_group ? "fraction" : "separator", " of ", call.text,
                           " that is no constant is not built in this release"));
      }
    }
    if (function.result == TypeKind::kArray && made->arguments[0].type.kind == TypeKind::kArray) {
      return Fail(errors, ErrorCode::kUnsupported, call.offset, "an array of arrays is not built in this release",
                  StrCat("aggregate texts: ", call.text, "(x::text)"));
    }
    made->type = ResultTypeOf(function, made->arguments.empty() ? DataType{} : made->arguments[0].type);
    if (call.distinct && (function.values == AggregateValues::kPairs || call.within_group)) {
      return Fail(errors, ErrorCode::kUnsupported, call.offset,
                  StrCat("DISTINCT in ", call.text, " is not built in this release"));
    }
    // The least value of a set is that of its distinct ones.
    if (made->function->needs.least || made->function->needs.greatest) made->distinct = false;
    return true;
  }

  // What any type is taken for is that of the argument.
  static std::vector<TypeKind> SignatureFor(const AggregateFunction& function, const std::vector<ArgumentType>& types) {
    std::vector<TypeKind> signature;
    for (size_t i = 0; i < function.arguments.size(); ++i) {
      const ArgumentType given = i < types.size() ? types[i] : std::nullopt;
      signature.push_back(function.arguments[i].value_or(given.value_or(TypeKind::kText)));
    }
    signature.insert(signature.end(), function.parameters.begin(), function.parameters.end());
    return signature;
  }

  // Equal calls are computed once.
  uint32_t Place(BoundAggregateCall call) {
    std::string logic = StrCat(call.function->name, call.distinct ? " distinct" : "");
    for (const Expression& argument : call.arguments) logic += ExpressionLogic(argument);
    for (const BoundSortKey& key : call.order) {
      logic += StrCat(" by ", ExpressionLogic(key.value), key.order.descending ? " desc" : "",
                      key.order.nulls_first ? " nulls first" : "");
    }
    for (size_t i = 0; i < call.parameters.size(); ++i) {
      logic +=
          StrCat(" with ", ExpressionLogic(Expression::Literal(call.parameters[i], {call.function->parameters[i]})));
    }
    if (call.filter) logic += StrCat(" filter ", ExpressionLogic(*call.filter));
    auto [it, added] = places_.try_emplace(logic, static_cast<uint32_t>(bound_.calls.size()));
    if (added) bound_.calls.push_back(std::move(call));
    return it->second;
  }

  const Scope& scope_;
  const v1::Aggregate& aggregate_;
  BoundAggregate& bound_;
  std::map<std::string, uint32_t> places_;
};

class ValueRewriter {
 public:
  ValueRewriter(const BoundAggregate& bound, const Scope& scope) : scope_(scope) {
    for (const auto& key : bound.keys) keys_.push_back(key ? ExpressionLogic(*key) : "");
  }

  // The expression over keys and calls. Names the first input column that stands alone.
  Expression Rewrite(const Expression& expression) {
    if (expression.kind != ExpressionKind::kLiteral) {
      std::string logic = ExpressionLogic(expression);
      for (uint32_t i = 0; i < keys_.size(); ++i) {
        if (keys_[i] == logic) return Expression::Column(ColumnIndex(i), expression.type);
      }
    }
    if (expression.kind == ExpressionKind::kColumn) {
      uint32_t column = expression.column.value();
      if (column >= kCallBase) {
        return Expression::Column(ColumnIndex(static_cast<uint32_t>(keys_.size()) + column - kCallBase),
                                  expression.type);
      }
      if (!alone_) alone_ = scope_[column].name;
      return expression;
    }
    Expression result = expression;
    for (Expression& argument : result.arguments) argument = Rewrite(argument);
    return result;
  }

  const std::optional<std::string>& alone() const { return alone_; }

 private:
  const Scope& scope_;
  std::vector<std::string> keys_;
  std::optional<std::string> alone_;
};

// Where the text first names a column by this name, outside of aggregate calls.
std::optional<uint32_t> FindOffset(const Syntax& syntax, const std::string& name) {
  if (syntax.kind == SyntaxKind::kColumn) {
    return syntax.names.back() == name ? std::optional(syntax.offset) : std::nullopt;
  }
  if (syntax.kind == SyntaxKind::kCall && !FindAggregates(syntax.text).empty()) return std::nullopt;
  for (const SyntaxRef& argument : syntax.arguments) {
    if (auto offset = FindOffset(*argument, name)) return offset;
  }
  return std::nullopt;
}

}  // namespace

BoundAggregate BindAggregate(const v1::Aggregate& aggregate, const Scope& scope, const std::string& path,
                             ProblemList& problems) {
  BoundAggregate bound;
  for (const v1::NamedExpression& key : aggregate.keys()) {
    auto value = BindExpression(key.expression(), scope, JoinPath(JoinPath(path, "keys"), key.name()), problems);
    bound.complete = bound.complete && value.has_value();
    bound.keys.push_back(std::move(value));
  }
  Collector collector(scope, aggregate, bound);
  for (const v1::NamedExpression& value : aggregate.values()) {
    std::string value_path = JoinPath(JoinPath(path, "values"), value.name());
    bound.values.emplace_back();
    std::variant<SyntaxRef, ExpressionError> syntax = SyntaxOf(value.expression());
    std::vector<ExpressionError> errors;
    if (auto* error = std::get_if<ExpressionError>(&syntax)) {
      errors.push_back(std::move(*error));
    } else {
      const Syntax& root = *std::get<SyntaxRef>(syntax);
      auto bound_value = ExpressionBinder(scope, &collector, errors).Bind(root);
      if (bound_value) {
        ValueRewriter rewriter(bound, scope);
        Expression rewritten = rewriter.Rewrite(bound_value->expression);
        if (rewriter.alone() && bound.complete) {
          errors.push_back({ErrorCode::kNotAggregated,
                            StrCat("the column ", *rewriter.alone(), " is neither a key nor inside of an aggregate"),
                            StrCat("add it to `keys`, or aggregate it: max(", *rewriter.alone(), ")"),
                            FindOffset(root, *rewriter.alone()).value_or(bound_value->offset)});
        } else if (!rewriter.alone()) {
          bound.values.back() = std::move(rewritten);
        }
      }
    }
    AddExpressionErrors(errors, value_path, problems);
    bound.complete = bound.complete && bound.values.back().has_value();
  }
  return bound;
}

}  // namespace freshet
