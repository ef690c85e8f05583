// Binds the keys and values of an aggregate node.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/expr/expression.h"
#include "engine/functions/aggregate/aggregate_function.h"
#include "freshet/v1/plan.pb.h"
#include "server/definitions/problem_list.h"
#include "server/sql/bind/scope.h"

namespace freshet {

struct BoundSortKey {
  Expression value;
  SortOrder order;
};

// One call, over columns of the aggregate's input.
struct BoundAggregateCall {
  const AggregateFunction* function = nullptr;
  std::vector<Expression> arguments;
  std::optional<Expression> filter;
  bool distinct = false;
  std::vector<BoundSortKey> order;
  std::vector<Datum> parameters;
  DataType type;
};

struct BoundAggregate {
  std::vector<std::optional<Expression>> keys;
  std::vector<BoundAggregateCall> calls;
  // Over the keys, then the calls. No value: it is wrong.
  std::vector<std::optional<Expression>> values;
  bool complete = true;
};

// `path` is the node's; keys and values stand below it.
BoundAggregate BindAggregate(const v1::Aggregate& aggregate, const Scope& scope, const std::string& path,
                             ProblemList& problems);

}  // namespace freshet
