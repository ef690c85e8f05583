#include <limits>

#include "engine/columnar/double_order.h"
#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

Column SumToBigint(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  int64_t result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    if (state.Count(entry) == 0) return nullptr;
    int128 sum = state.integer_sum()->Of(entry);
    result = static_cast<int64_t>(sum);
    if (result == sum) return &result;
    no_value->error = CellError::kOverflow;
    return nullptr;
  });
}

Column SumOfBigints(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  Numeric result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    if (state.Count(entry) == 0) return nullptr;
    int128 sum = state.integer_sum()->Of(entry);
    result = Numeric::Make(sum, 0);
    if (sum <= MaxNumericUnscaled() && sum >= -MaxNumericUnscaled()) return &result;
    no_value->error = CellError::kOverflow;
    return nullptr;
  });
}

Column SumOfNumerics(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  Numeric result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    if (state.Count(entry) == 0) return nullptr;
    NumericTotal total = state.numeric_sum()->Of(entry);
    if (!total.magnitude.FitsIn127Bits() || total.magnitude.ToInt128() > MaxNumericUnscaled()) {
      no_value->error = CellError::kOverflow;
      return nullptr;
    }
    int128 unscaled = total.magnitude.ToInt128();
    result = Numeric::Make(total.negative ? -unscaled : unscaled, total.scale);
    return &result;
  });
}

Column SumOfDoubles(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  double result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    if (state.Count(entry) == 0) return nullptr;
    bool overflow = false;
    result = state.double_sum()->Quotient(entry, 1, &overflow);
    if (!overflow) return &result;
    no_value->error = CellError::kOverflow;
    return nullptr;
  });
}

Column SumOfReals(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  double result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    if (state.Count(entry) == 0) return nullptr;
    bool overflow = false;
    const std::optional<double> real = RealOf(state.double_sum()->Quotient(entry, 1, &overflow));
    if (real && !overflow) {
      result = *real;
      return &result;
    }
    no_value->error = CellError::kOverflow;
    return nullptr;
  });
}

}  // namespace

std::vector<AggregateFunction> SumFunctions() {
  constexpr AccumulatorNeeds kSum{.sum = true};
  constexpr std::string_view kDoc = "the sum of all values that are not NULL";
  return {
      {"sum", {TypeKind::kSmallint}, TypeKind::kBigint, kSum, SumToBigint, kDoc},
      {"sum", {TypeKind::kInteger}, TypeKind::kBigint, kSum, SumToBigint, kDoc},
      {"sum", {TypeKind::kBigint}, TypeKind::kNumeric, kSum, SumOfBigints, kDoc},
      {"sum", {TypeKind::kNumeric}, TypeKind::kNumeric, kSum, SumOfNumerics, kDoc},
      {"sum", {TypeKind::kDouble}, TypeKind::kDouble, kSum, SumOfDoubles, "the exact sum of all values, rounded once"},
      {"sum", {TypeKind::kReal}, TypeKind::kReal, kSum, SumOfReals, "the exact sum of all values, rounded once"},
  };
}

}  // namespace freshet
