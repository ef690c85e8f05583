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
std::vector<AggregateFunction> ExtremeRowFunctions();
std::vector<AggregateFunction> OrderedTextFunctions();
std::vector<AggregateFunction> JsonAggregateFunctions();
std::vector<AggregateFunction> ArrayAggregateFunctions();
std::vector<AggregateFunction> PercentileFunctions();
std::vector<AggregateFunction> RegressionFunctions();

}  // namespace freshet
