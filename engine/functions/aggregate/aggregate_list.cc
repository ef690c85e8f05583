#include "engine/functions/aggregate/aggregate_list.h"

#include <algorithm>
#include <iterator>

#include "engine/functions/aggregate/aggregate_families.h"

namespace freshet {
namespace {

std::vector<AggregateFunction> MakeList() {
  std::vector<AggregateFunction> all;
  for (auto family : {CountFunctions, SumFunctions, AverageFunctions, MinMaxFunctions, BooleanFunctions, BitFunctions,
                      VarianceFunctions, ExtremeRowFunctions, OrderedTextFunctions, JsonAggregateFunctions,
                      ArrayAggregateFunctions, PercentileFunctions, RegressionFunctions}) {
    std::ranges::move(family(), std::back_inserter(all));
  }
  return all;
}

bool Takes(AggregateArgument wanted, TypeKind type) { return !wanted || *wanted == type; }

}  // namespace

std::span<const AggregateFunction> AggregateFunctions() {
  static const std::vector<AggregateFunction>& list = *new std::vector<AggregateFunction>(MakeList());
  return list;
}

std::vector<const AggregateFunction*> FindAggregates(std::string_view name) {
  std::vector<const AggregateFunction*> found;
  for (const AggregateFunction& function : AggregateFunctions()) {
    if (function.name == name) found.push_back(&function);
  }
  return found;
}

const AggregateFunction* FindAggregate(std::string_view name, std::span<const TypeKind> arguments) {
  for (const AggregateFunction& function : AggregateFunctions()) {
    if (function.name == name && std::ranges::equal(function.arguments, arguments, Takes)) return &function;
  }
  return nullptr;
}

}  // namespace freshet
