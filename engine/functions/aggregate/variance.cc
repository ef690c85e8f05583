// Variance = (n * sum of squares - square of the sum) / (n * n or n * (n - 1)). Integers and numerics: exact up to
// PostgreSQL's numeric division. Doubles: computed with twice a double's digits, so that what cancels leaves more than
// PostgreSQL's does.
#include <algorithm>
#include <cmath>

#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/decimal_quotient.h"
#include "engine/functions/aggregate/double_pair.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

enum class Divisor { kCount, kCountMinusOne };
enum class Root { kNo, kSquare };

// A square is brought to scale 76, multiplied by the count, and then by 10^38 to be divided.
constexpr int kLimbs = 16;
using Deviation = DecimalTotal<kLimbs>;

Deviation DeviationOf(const NumericTotal& sum, const DecimalTotal<10>& squares, int64_t count) {
  Deviation deviation;
  deviation.scale = squares.scale;
  deviation.magnitude = WideInteger<kLimbs>::From(squares.magnitude);
  deviation.magnitude.Multiply(static_cast<uint64_t>(count));
  auto square = ProductOf<kLimbs>(sum.magnitude, sum.magnitude);
  square.Negate();
  deviation.magnitude.Add(square);
  return deviation;
}

// The square root of a magnitude, rounded down.
WideInteger<8> RootOf(const WideInteger<8>& square) {
  WideInteger<8> root;
  for (int bit = square.BitWidth() / 2; bit >= 0; --bit) {
    WideInteger<8> larger = root;
    larger.limbs[static_cast<size_t>(bit) / 64] |= uint64_t{1} << (bit % 64);
    WideInteger<8> rest = ProductOf<8>(larger, larger);
    rest.Negate();
    rest.Add(square);
    if (!rest.negative()) root = larger;
  }
  return root;
}

// To the scale of `square`, half away from zero.
Numeric RootOf(const Numeric& square) {
  auto scaled = WideInteger<8>::From(square.unscaled());
  MultiplyByPowerOfTen(scaled, square.scale);
  scaled.Multiply(4);  // one bit more, to round by
  WideInteger<8> root = RootOf(scaled);
  root.Add(WideInteger<8>::From(int128{1}));
  root.Divide(2);
  return Numeric::Make(root.ToInt128(), square.scale);
}

NumericTotal SumOf(const ArgumentState& state, const Entry* entry) {
  if (state.numeric_sum() != nullptr) return state.numeric_sum()->Of(entry);
  const int128 sum = state.integer_sum()->Of(entry);
  return {WideInteger<8>::From(sum < 0 ? -sum : sum), sum < 0, 0};
}

template <Divisor kDivisor, Root kRoot>
Column OfDecimals(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  Numeric result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    const int64_t count = state.Count(entry);
    const int64_t less = kDivisor == Divisor::kCount ? 0 : 1;
    if (count <= less) return nullptr;
    result = Numeric();
    const Deviation deviation = DeviationOf(SumOf(state, entry), state.decimal_square_sum()->Of(entry), count);
    if (deviation.magnitude.is_zero()) return &result;
    if (!DecimalQuotient(deviation, {static_cast<uint64_t>(count), static_cast<uint64_t>(count - less)}, &result)) {
      no_value->error = CellError::kOverflow;
      return nullptr;
    }
    if (kRoot == Root::kSquare) result = RootOf(result);
    return &result;
  });
}

template <Divisor kDivisor, Root kRoot>
Column OfDoubles(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  double result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    const int64_t count = state.Count(entry);
    const int64_t less = kDivisor == Divisor::kCount ? 0 : 1;
    if (count <= less) return nullptr;
    const DoublePair sum = state.double_sum()->ToTwiceTheDigits(entry);
    if (!std::isfinite(sum.value)) {
      result = std::nan("");
      return &result;
    }
    const auto n = static_cast<double>(count);
    const double deviation = CentralProduct(sum, sum, state.double_square_sum()->Of(entry), n);
    if (!std::isfinite(deviation)) {
      no_value->error = CellError::kOverflow;
      return nullptr;
    }
    result = std::max(0.0, deviation) / n / static_cast<double>(count - less);
    if (kRoot == Root::kSquare) result = std::sqrt(result);
    return &result;
  });
}

template <Divisor kDivisor, Root kRoot>
void AddSignatures(std::initializer_list<std::string_view> names, std::string_view doc,
                   std::vector<AggregateFunction>* functions) {
  constexpr AccumulatorNeeds kNeeds{.sum = true, .squares = true};
  for (std::string_view name : names) {
    for (TypeKind type : {TypeKind::kSmallint, TypeKind::kInteger, TypeKind::kBigint, TypeKind::kNumeric}) {
      functions->push_back({name, {type}, TypeKind::kNumeric, kNeeds, OfDecimals<kDivisor, kRoot>, doc});
    }
    functions->push_back({name, {TypeKind::kDouble}, TypeKind::kDouble, kNeeds, OfDoubles<kDivisor, kRoot>, doc});
  }
}

}  // namespace

std::vector<AggregateFunction> VarianceFunctions() {
  std::vector<AggregateFunction> functions;
  AddSignatures<Divisor::kCountMinusOne, Root::kNo>({"variance", "var_samp"},
                                                    "the variance of a sample: NULL for a single value", &functions);
  AddSignatures<Divisor::kCount, Root::kNo>({"var_pop"}, "the variance of all values", &functions);
  AddSignatures<Divisor::kCountMinusOne, Root::kSquare>(
      {"stddev", "stddev_samp"}, "the standard deviation of a sample: NULL for a single value", &functions);
  AddSignatures<Divisor::kCount, Root::kSquare>({"stddev_pop"}, "the standard deviation of all values", &functions);
  return functions;
}

}  // namespace freshet
