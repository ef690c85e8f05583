// The first or last row of an order, and of it one column.
#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/row_cells.h"

namespace freshet {
namespace {

Column First(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  StringCell scratch;
  return DatumCells(state, form, entries, [&](const Entry* entry) {
    const void* row = state.extremes()->Least(entry, &scratch);
    return row == nullptr ? Datum() : ArgumentOf(state, form, static_cast<const StringCell*>(row)->view());
  });
}

Column Last(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  StringCell scratch;
  return DatumCells(state, form, entries, [&](const Entry* entry) {
    const void* row = state.extremes()->Greatest(entry, &scratch);
    return row == nullptr ? Datum() : ArgumentOf(state, form, static_cast<const StringCell*>(row)->view());
  });
}

AggregateFunction OfExtreme(std::string_view name, bool least, AggregateValues values, std::string_view doc) {
  const bool by_second = values == AggregateValues::kBySecond;
  return {.name = name,
          .arguments = std::vector<AggregateArgument>(by_second ? 2 : 1),
          .result = {},
          .needs = {.least = least, .greatest = !least},
          .compute = least ? First : Last,
          .doc = doc,
          .values = values,
          .keeps_nulls = !by_second,
          .needs_order = !by_second};
}

}  // namespace

std::vector<AggregateFunction> ExtremeRowFunctions() {
  constexpr std::string_view kMin = "x where y is smallest, of rows in which neither is NULL; of several the least x";
  constexpr std::string_view kMax = "x where y is largest, of rows in which neither is NULL; of several the largest x";
  return {
      OfExtreme("arg_min", true, AggregateValues::kBySecond, kMin),
      OfExtreme("min_by", true, AggregateValues::kBySecond, kMin),
      OfExtreme("arg_max", false, AggregateValues::kBySecond, kMax),
      OfExtreme("max_by", false, AggregateValues::kBySecond, kMax),
      OfExtreme("first", true, AggregateValues::kOrdered, "first(x ORDER BY ...): x of the first row, NULL as it is"),
      OfExtreme("last", false, AggregateValues::kOrdered, "last(x ORDER BY ...): x of the last row, NULL as it is"),
  };
}

}  // namespace freshet
