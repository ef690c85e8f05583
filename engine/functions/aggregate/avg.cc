// Averages of integers and numerics are PostgreSQL's numeric division of the sum by the count.
#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/decimal_quotient.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

template <typename SumOf>
Column AverageCells(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries,
                    SumOf sum_of) {
  Numeric result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    int64_t count = state.Count(entry);
    if (count <= 0) return nullptr;
    if (DecimalQuotient(sum_of(entry), {static_cast<uint64_t>(count)}, &result)) return &result;
    no_value->error = CellError::kOverflow;
    return nullptr;
  });
}

Column AverageOfIntegers(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return AverageCells(state, form, entries, [&](const Entry* entry) {
    int128 sum = state.integer_sum()->Of(entry);
    return NumericTotal{WideInteger<8>::From(sum < 0 ? -sum : sum), sum < 0, 0};
  });
}

Column AverageOfNumerics(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return AverageCells(state, form, entries, [&](const Entry* entry) { return state.numeric_sum()->Of(entry); });
}

Column AverageOfDoubles(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  double result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
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
