// Arithmetic with twice a double's digits, for what cancels.
#pragma once

#include <cmath>

#include "engine/functions/aggregate/double_sum.h"

namespace freshet {

// value + rest, with the rest of a product or difference.
inline DoublePair ExactProduct(double a, double b) {
  const double product = a * b;
  return {product, std::fma(a, b, -product)};
}
inline DoublePair ExactDifference(double a, double b) {
  const double difference = a - b;
  const double back = difference - a;
  return {difference, (a - (difference - back)) - (b + back)};
}

// count * products - left * right: count times the sum of (l - mean of l) * (r - mean of r), from the sums of l, of r
// and of their products.
inline double CentralProduct(const DoublePair& left, const DoublePair& right, const DoublePair& products,
                             double count) {
  DoublePair total = ExactProduct(products.value, count);
  total.rest += products.rest * count;
  DoublePair product = ExactProduct(left.value, right.value);
  product.rest += left.value * right.rest + left.rest * right.value;
  const DoublePair difference = ExactDifference(total.value, product.value);
  return difference.value + (difference.rest + (total.rest - product.rest));
}

}  // namespace freshet
