#include "engine/functions/aggregate/product_sum.h"

#include <cmath>

namespace freshet {

void AddProducts(const AccumulatorInput& input, const Column& left, const Column& right, DoubleSum& sum,
                 BlockPool& pool) {
  BufferRef rounded = BufferRef::Of<double>(input.count), rests = BufferRef::Of<double>(input.count);
  const double* lefts = left.values<double>();
  const double* rights = right.values<double>();
  for (uint32_t i = 0; i < input.count; ++i) {
    const double a = lefts[input.RowAt(i)], b = rights[input.RowAt(i)];
    const double product = a * b;
    rounded.mutable_as<double>()[i] = product;
    rests.mutable_as<double>()[i] = std::isfinite(product) ? std::fma(a, b, -product) : 0;
  }
  AccumulatorInput part = input;
  part.rows = nullptr;
  part.first = 0;
  for (BufferRef* cells : {&rounded, &rests}) {
    const Column column({TypeKind::kDouble}, input.count, std::move(*cells));
    part.column = &column;
    sum.Add(part, pool);
  }
}

}  // namespace freshet
