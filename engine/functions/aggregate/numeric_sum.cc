#include "engine/functions/aggregate/numeric_sum.h"

namespace freshet {
namespace {

// unscaled * weight in 192 bits.
WideInteger<3> Product(int128 unscaled, int64_t weight) {
  if (weight == 1) return WideInteger<3>::From(unscaled);
  auto product = WideInteger<3>::From(unscaled < 0 ? -unscaled : unscaled);
  product.MultiplySigned(weight);
  if (unscaled < 0) product.Negate();
  return product;
}

}  // namespace

void NumericSum::Add(const AccumulatorInput& input, BlockPool& pool) {
  const Numeric* values = input.column->values<Numeric>();
  for (uint32_t i = 0; i < input.count; ++i) {
    const Numeric& value = values[input.RowAt(i)];
    int64_t weight = input.WeightAt(i);
    sums_.Add(input.entries[i], {Product(value.unscaled(), weight), weight, value.scale}, pool);
  }
}

}  // namespace freshet
