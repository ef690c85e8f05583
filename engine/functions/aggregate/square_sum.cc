#include "engine/functions/aggregate/square_sum.h"

#include "engine/functions/aggregate/product_sum.h"

namespace freshet {
namespace {

WideInteger<5> Square(int128 value) {
  const auto magnitude = WideInteger<2>::From(value < 0 ? -value : value);
  return ProductOf<5>(magnitude, magnitude);
}

}  // namespace

void DecimalSquareSum::Add(const AccumulatorInput& input, BlockPool& pool) {
  auto add = [&](Entry* entry, int128 unscaled, int32_t scale, int64_t weight) {
    WideInteger<5> square = Square(unscaled);
    square.MultiplySigned(weight);
    sums_.Add(entry, {square, weight, scale}, pool);
  };
  if (physical_ == PhysicalType::kNumeric) {
    input.ForEach<Numeric>([&](Entry* entry, const Numeric& value, int64_t weight) {
      add(entry, value.unscaled(), 2 * value.scale, weight);
    });
  } else if (physical_ == PhysicalType::kInt64) {
    input.ForEach<int64_t>([&](Entry* entry, int64_t value, int64_t weight) { add(entry, value, 0, weight); });
  } else {
    input.ForEach<int32_t>([&](Entry* entry, int32_t value, int64_t weight) { add(entry, value, 0, weight); });
  }
}

void DoubleSquareSum::Add(const AccumulatorInput& input, BlockPool& pool) {
  AddProducts(input, *input.column, *input.column, sum_, pool);
}

}  // namespace freshet
