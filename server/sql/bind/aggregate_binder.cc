// A value is an expression over aggregate calls and keys. It is bound over the input's columns with the calls as
// columns of numbers that no input has (kCallBase + i); then what equals a key becomes the key's column, and input
// columns that are left over stand outside of every call.
#include "server/sql/bind/aggregate_binder.h"

#include <map>

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
    std::vector<BoundValue> values;
    bool complete = true;
    for (const SyntaxRef& argument : call.arguments) {
      auto value = binder.Bind(*argument);
      complete = complete && value.has_value();
      if (value) values.push_back(*std::move(value));
    }
    if (call.filter != nullptr) complete = BindFilter(call, binder, &made, errors) && complete;
    if (!complete) return std::nullopt;
    if (!Resolve(call, values, &made, errors)) return std::nullopt;
    return BoundValue{Expression::Column(ColumnIndex(kCallBase + Place(std::move(made))), made.type), false,
                      call.offset};
  }

 private:
  static bool Fail(std::vector<ExpressionError>& errors, ErrorCode code, uint32_t offset, std::string message,
                   std::string suggestion = "") {
    errors.push_back({code, std::move(message), std::move(suggestion), offset});
    return false;
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
    std::vector<Signature> signatures;
    for (const AggregateFunction* function : functions) signatures.push_back(function->arguments);
    std::vector<ArgumentType> types;
    for (const BoundValue& value : values) types.push_back(value.type());
    OverloadChoice choice = ChooseOverload(signatures, types, /*is_operator=*/false);
    if (!choice.index) {
      return Fail(errors, ErrorCode::kUnknownFunction, call.offset,
                  StrCat("the aggregate ", call.text, " does not take ", DescribeArguments(values)),
                  choice.ambiguous ? "cast the argument" : "");
    }
    made->function = functions[*choice.index];
    made->distinct = call.distinct;
    made->type = DataType{made->function->result};
    for (size_t i = 0; i < values.size(); ++i) {
      TypeKind wanted = made->function->arguments[i];
      bool same = !values[i].untyped && values[i].expression.type.kind == wanted;
      CoerceResult result =
          same ? CoerceResult(values[i].expression) : CoerceImplicitly(std::move(values[i]), DataType{wanted});
      if (auto* error = std::get_if<ExpressionError>(&result)) {
        errors.push_back(std::move(*error));
        return false;
      }
      made->arguments.push_back(std::get<Expression>(std::move(result)));
      made->type = ResultTypeOf(*made->function, made->arguments.back().type);
    }
    // The least value of a set is that of its distinct ones.
    if (made->function->needs.least || made->function->needs.greatest) made->distinct = false;
    return true;
  }

  // Equal calls are computed once.
  uint32_t Place(BoundAggregateCall call) {
    std::string logic = StrCat(call.function->name, call.distinct ? " distinct" : "");
    for (const Expression& argument : call.arguments) logic += ExpressionLogic(argument);
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
