// The families of aggregate functions; each is written in the file of its name.
#pragma once

#include <vector>

#include "engine/functions/aggregate/aggregate_function.h"

namespace freshet {

std::vector<AggregateFunction> CountFunctions();
std::vector<AggregateFunction> SumFunctions();
std::vector<AggregateFunction> AverageFunctions();
std::vector<AggregateFunction> MinMaxFunctions();
std::vector<AggregateFunction> BooleanFunctions();
std::vector<AggregateFunction> BitFunctions();
std::vector<AggregateFunction> VarianceFunctions();

// All types a value can have, in the order of TypeKind.
inline constexpr TypeKind kAllTypes[] = {
    TypeKind::kBoolean, TypeKind::kSmallint, TypeKind::kInteger, TypeKind::kBigint,    TypeKind::kNumeric,
    TypeKind::kDouble,  TypeKind::kText,     TypeKind::kDate,    TypeKind::kTimestamp, TypeKind::kTimestamptz};

}  // namespace freshet
