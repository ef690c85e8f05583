// Sums products of doubles.
#pragma once

#include "engine/functions/aggregate/accumulator.h"
#include "engine/functions/aggregate/double_sum.h"

namespace freshet {

// Adds left * right of each of the input's rows, each product as what it rounds to and the rest.
void AddProducts(const AccumulatorInput& input, const Column& left, const Column& right, DoubleSum& sum,
                 BlockPool& pool);

}  // namespace freshet
