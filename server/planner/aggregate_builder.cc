// DISTINCT inside of a call: where all calls read one argument, the aggregate runs over the distinct pairs of key and
// argument, which are found on all shards, whatever the key. In other mixtures each group keeps the distinct values.
#include "server/planner/aggregate_builder.h"
#include "server/plan/key_equality.h"

#include <map>
#include <set>

#include "engine/base/str_cat.h"
#include "server/definitions/places.h"
#include "server/plan/expression_logic.h"
#include "server/planner/names.h"
#include "server/sql/bind/aggregate_binder.h"

namespace freshet {
namespace {

class AggregateBuilder {
 public:
  AggregateBuilder(const v1::Aggregate& aggregate, std::string owner, const PlanRef& input, BoundAggregate bound)
      : aggregate_(aggregate), owner_(std::move(owner)), input_(input), bound_(std::move(bound)) {}

  PlanRef Build(bool over_distinct_rows) {
    PlanAggregate node;
    for (size_t i = 0; i < bound_.keys.size(); ++i) {
      node.key.push_back(Read(*bound_.keys[i], aggregate_.keys(static_cast<int>(i)).name(), /*own_column=*/true));
    }
    for (const BoundAggregateCall& call : bound_.calls) {
      PlanAggregateCall made;
      made.function = std::string(call.function->name);
      made.semantic_version = call.function->semantic_version;
      made.type = call.type;
      made.distinct = call.distinct && !over_distinct_rows;
      for (const Expression& argument : call.arguments) made.arguments.push_back(Read(argument, "", false));
      if (call.filter) made.filter = Read(*call.filter, "", false);
      for (const BoundSortKey& key : call.order) made.order.push_back({Read(key.value, "", false), key.order});
      made.parameters = call.parameters;
      for (TypeKind parameter : call.function->parameters) made.parameter_types.push_back({parameter});
      node.names.push_back(StrCat(made.function, node.calls.size() + 1));
      node.calls.push_back(std::move(made));
    }
    PlanRef below = reads_.columns.empty() ? input_ : Make(std::move(reads_), {input_});
    if (over_distinct_rows) below = Make(PlanDistinct{}, {below});
    PlanRef above = Make(std::move(node), {below});
    PlanProject values;
    for (size_t i = 0; i < bound_.keys.size(); ++i) {
      values.names.push_back(aggregate_.keys(static_cast<int>(i)).name());
      values.columns.push_back(Expression::Column(ColumnIndex(static_cast<uint32_t>(i)), above->schema()[i].type));
    }
    for (size_t i = 0; i < bound_.values.size(); ++i) {
      values.names.push_back(aggregate_.values(static_cast<int>(i)).name());
      values.columns.push_back(*bound_.values[i]);
    }
    return Make(std::move(values), {above});
  }

 private:
  PlanRef Make(PlanOperation operation, std::vector<PlanRef> inputs) {
    return MakeNode(std::move(operation), std::move(inputs), owner_);
  }

  // The column of the project below that holds the expression; equal ones are computed once. Keys have columns of their
  // own, since the aggregate gives each.
  uint32_t Read(const Expression& expression, const std::string& name, bool own_column) {
    std::string logic = ExpressionLogic(expression);
    auto it = places_.find(logic);
    if (it != places_.end() && !own_column) return it->second;
    uint32_t place = static_cast<uint32_t>(reads_.columns.size());
    places_.try_emplace(logic, place);
    std::string given = name;
    if (given.empty()) {
      given = expression.kind == ExpressionKind::kColumn ? input_->schema()[expression.column.value()].name
                                                         : StrCat("value", place + 1);
    }
    reads_.columns.push_back(expression);
    reads_.names.push_back(std::move(given));
    return place;
  }

  const v1::Aggregate& aggregate_;
  std::string owner_;
  PlanRef input_;
  BoundAggregate bound_;
  PlanProject reads_;
  std::map<std::string, uint32_t> places_;
};

// Whether the calls, one of them DISTINCT, give the same over the distinct rows of keys and arguments.
bool FitsDistinctRows(const BoundAggregate& bound) {
  bool any = false, fits = true;
  std::set<std::string> arguments;
  for (const BoundAggregateCall& call : bound.calls) {
    any = any || call.distinct;
    bool indifferent = call.function->needs.least || call.function->needs.greatest;
    fits = fits && (call.distinct || indifferent) && call.arguments.size() == 1 && !call.filter &&
           call.function->values == AggregateValues::kOneArgument;
    for (const Expression& argument : call.arguments) arguments.insert(ExpressionLogic(argument));
  }
  return any && fits && arguments.size() == 1;
}

// Equal intervals and arrays of numerics may differ in their bytes, by which groups are told apart.
void CheckForms(const BoundAggregate& bound, const std::string& path, ProblemList& problems) {
  auto check = [&](const Expression& value, std::string_view what) {
    if (HasOneForm(value.type)) return;
    problems.Add({.code = ErrorCode::kUnsupported,
                  .path = path,
                  .message = StrCat(what, " ", NameOfKeys(value.type), " is not built in this release"),
                  .suggestion = InsteadOfKey(value.type)});
  };
  for (const auto& key : bound.keys) {
    if (key) check(*key, "grouping by");
  }
  for (const BoundAggregateCall& call : bound.calls) {
    if (call.distinct) check(call.arguments[0], "DISTINCT of");
  }
}

void CheckNames(const v1::Aggregate& aggregate, const std::string& path, ProblemList& problems) {
  std::set<std::string> seen;
  auto check = [&](const v1::NamedExpression& each, std::string_view section) {
    std::string item = JoinPath(JoinPath(path, section), each.name());
    CheckColumnName(each.name(), item, problems);
    if (seen.insert(each.name()).second) return;
    problems.Add({.code = ErrorCode::kDuplicateName,
                  .path = item,
                  .message = StrCat("the column ", each.name(), " stands twice")});
  };
  for (const v1::NamedExpression& key : aggregate.keys()) check(key, "keys");
  for (const v1::NamedExpression& value : aggregate.values()) check(value, "values");
}

}  // namespace

BuiltRelation AggregateRelation(const v1::Aggregate& aggregate, const std::string& owner, const std::string& path,
                                const BuiltRelation& input, ProblemList& problems) {
  BuiltRelation built;
  built.named = true;
  if (aggregate.keys().empty() && aggregate.values().empty()) {
    problems.Add({.code = ErrorCode::kMissingField,
                  .path = path,
                  .message = "an aggregate needs keys or values",
                  .suggestion = "values: {n: \"count(*)\"}"});
    return {};
  }
  CheckNames(aggregate, path, problems);
  BoundAggregate bound = BindAggregate(aggregate, input.scope, path, problems);
  for (size_t i = 0; i < bound.keys.size(); ++i) {
    const auto& key = bound.keys[i];
    built.scope.push_back(
        {aggregate.keys(static_cast<int>(i)).name(), {}, key ? std::optional(key->type) : std::nullopt});
  }
  for (size_t i = 0; i < bound.values.size(); ++i) {
    const auto& value = bound.values[i];
    built.scope.push_back(
        {aggregate.values(static_cast<int>(i)).name(), {}, value ? std::optional(value->type) : std::nullopt});
  }
  CheckForms(bound, path, problems);
  if (!bound.complete || input.node == nullptr) return built;
  const bool over_distinct_rows = FitsDistinctRows(bound);
  built.node = AggregateBuilder(aggregate, owner, input.node, std::move(bound)).Build(over_distinct_rows);
  return built;
}

}  // namespace freshet
