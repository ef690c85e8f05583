// The aggregate functions of the engine, in one explicit list (aggregate_list.cc, which names the families).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/functions/aggregate/aggregate_function.h"

namespace freshet {

// Every signature.
std::span<const AggregateFunction> AggregateFunctions();

// The signatures of a name (lower case); none: not an aggregate.
std::vector<const AggregateFunction*> FindAggregates(std::string_view name);

// The signature with exactly these argument types, those of `any` besides, or nullptr. Parameters are not looked at.
const AggregateFunction* FindAggregate(std::string_view name, std::span<const TypeKind> arguments);

}  // namespace freshet
