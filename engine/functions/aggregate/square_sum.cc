#include "engine/functions/aggregate/square_sum.h"

#include <cmath>
#include <vector>

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

// A square is the sum of two doubles: what it rounds to, and the rest.
void DoubleSquareSum::Add(const AccumulatorInput& input, BlockPool& pool) {
  BufferRef rounded = BufferRef::Of<double>(input.count), rests = BufferRef::Of<double>(input.count);
  const double* values = input.column->values<double>();
  for (uint32_t i = 0; i < input.count; ++i) {
    const double value = values[input.RowAt(i)];
    const double square = value * value;
    rounded.mutable_as<double>()[i] = square;
    rests.mutable_as<double>()[i] = std::isfinite(square) ? std::fma(value, value, -square) : 0;
  }
  AccumulatorInput part = input;
  part.rows = nullptr;
  part.first = 0;
  for (BufferRef* cells : {&rounded, &rests}) {
    const Column column({TypeKind::kDouble}, input.count, std::move(*cells));
    part.column = &column;
    sum_.Add(part, pool);
  }
}

}  // namespace freshet
