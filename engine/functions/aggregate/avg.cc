// Averages of integers and numerics are PostgreSQL's numeric division of the sum by the count: at least 16 significant
// digits, at least the sum's scale (select_div_scale in its numeric.c), rounded half away from zero; where that takes
// more than 38 digits, fewer behind the point.
#include <algorithm>
#include <string>

#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

constexpr int32_t kMinSignificantDigits = 16;
constexpr int32_t kGroupDigits = 4;  // PostgreSQL computes in base 10000

// The place and value of a number's first digit in base 10000.
struct FirstGroup {
  int32_t weight = 0;
  int32_t digit = 0;
};

FirstGroup FirstGroupOf(const std::string& digits, int32_t scale) {
  if (digits.empty()) return {};
  int32_t exponent = static_cast<int32_t>(digits.size()) - 1 - scale;
  int32_t weight = exponent >= 0 ? exponent / kGroupDigits : -((-exponent + kGroupDigits - 1) / kGroupDigits);
  std::string group = digits.substr(0, static_cast<size_t>(exponent - weight * kGroupDigits + 1));
  group.resize(static_cast<size_t>(exponent - weight * kGroupDigits + 1), '0');
  return {weight, std::stoi(group)};
}

int32_t QuotientScale(const NumericTotal& sum, int64_t count) {
  FirstGroup dividend = FirstGroupOf(sum.magnitude.Digits(), sum.scale);
  FirstGroup divisor = FirstGroupOf(std::to_string(count), 0);
  int32_t weight = dividend.weight - divisor.weight - (dividend.digit <= divisor.digit ? 1 : 0);
  return std::clamp(kMinSignificantDigits - weight * kGroupDigits, sum.scale, kMaxNumericDigits);
}

void MultiplyByPowerOfTen(WideInteger<8>& magnitude, int32_t digits) {
  for (; digits > 0; digits -= 19) magnitude.Multiply(static_cast<uint64_t>(PowerOfTen(std::min(digits, 19))));
}

// Rounds sum / count to `scale`; false: it takes more than 38 digits.
bool Divide(const NumericTotal& sum, int64_t count, int32_t scale, Numeric* result) {
  WideInteger<8> quotient = sum.magnitude;
  MultiplyByPowerOfTen(quotient, scale - sum.scale);
  uint64_t divisor = static_cast<uint64_t>(count);
  uint64_t remainder = quotient.Divide(divisor);
  bool up = remainder >= divisor - remainder;
  for (int32_t digits = sum.scale - scale; digits > 0; --digits) up = quotient.Divide(10) >= 5;
  if (!quotient.FitsIn127Bits()) return false;
  int128 unscaled = quotient.ToInt128() + (up ? 1 : 0);
  if (unscaled > MaxNumericUnscaled()) return false;
  *result = Numeric::Make(sum.negative ? -unscaled : unscaled, scale);
  return true;
}

bool Average(const NumericTotal& sum, int64_t count, Numeric* result) {
  for (int32_t scale = QuotientScale(sum, count); scale >= 0; --scale) {
    if (Divide(sum, count, scale, result)) return true;
  }
  return false;
}

template <typename SumOf>
Column AverageCells(const ArgumentState& state, DataType type, std::span<const Entry* const> entries, SumOf sum_of) {
  Numeric result;
  return ResultCells(state, type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    int64_t count = state.Count(entry);
    if (count <= 0) return nullptr;
    if (Average(sum_of(entry), count, &result)) return &result;
    no_value->error = CellError::kOverflow;
    return nullptr;
  });
}

Column AverageOfIntegers(const ArgumentState& state, DataType type, std::span<const Entry* const> entries) {
  return AverageCells(state, type, entries, [&](const Entry* entry) {
    int128 sum = state.integer_sum()->Of(entry);
    return NumericTotal{WideInteger<8>::From(sum < 0 ? -sum : sum), sum < 0, 0};
  });
}

Column AverageOfNumerics(const ArgumentState& state, DataType type, std::span<const Entry* const> entries) {
  return AverageCells(state, type, entries, [&](const Entry* entry) { return state.numeric_sum()->Of(entry); });
}

Column AverageOfDoubles(const ArgumentState& state, DataType type, std::span<const Entry* const> entries) {
  double result;
  return ResultCells(state, type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    int64_t count = state.Count(entry);
    if (count <= 0) return nullptr;
    bool overflow = false;
    result = state.double_sum()->Quotient(entry, static_cast<uint64_t>(count), &overflow);
    if (!overflow) return &result;
    no_value->error = CellError::kOverflow;
    return nullptr;
  });
}

}  // namespace

std::vector<AggregateFunction> AverageFunctions() {
  constexpr AccumulatorNeeds kSum{.sum = true};
  constexpr std::string_view kDoc = "the average of all values that are not NULL";
  return {
      {"avg", {TypeKind::kSmallint}, TypeKind::kNumeric, kSum, AverageOfIntegers, kDoc},
      {"avg", {TypeKind::kInteger}, TypeKind::kNumeric, kSum, AverageOfIntegers, kDoc},
      {"avg", {TypeKind::kBigint}, TypeKind::kNumeric, kSum, AverageOfIntegers, kDoc},
      {"avg", {TypeKind::kNumeric}, TypeKind::kNumeric, kSum, AverageOfNumerics, kDoc},
      {"avg", {TypeKind::kDouble}, TypeKind::kDouble, kSum, AverageOfDoubles, "the exact average, rounded once"},
  };
}

}  // namespace freshet
