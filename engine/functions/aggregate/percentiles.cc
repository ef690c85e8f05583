// Ordered-set aggregates: over the values of WITHIN GROUP (ORDER BY ...) in their order.
#include <algorithm>
#include <cmath>

#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/row_cells.h"

namespace freshet {
namespace {

// The value at a place, from 0.
Datum ValueAt(const ArgumentState& state, const AggregateForm& form, const Entry* entry, int64_t place) {
  Datum found;
  state.extremes()->ForEachText(entry, [&](std::string_view row, int64_t weight) {
    place -= std::max<int64_t>(weight, 0);
    if (place >= 0) return true;
    found = ArgumentOf(state, form, row);
    return false;
  });
  return found;
}

Column Discrete(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return DatumCells(state, form, entries, [&](const Entry* entry) {
    const int64_t count = state.Count(entry);
    if (count <= 0 || form.parameters[0].is_null()) return Datum();
    const double place = std::ceil(form.parameters[0].double_value() * static_cast<double>(count));
    return ValueAt(state, form, entry, std::clamp<int64_t>(static_cast<int64_t>(place), 1, count) - 1);
  });
}

Column Continuous(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return DatumCells(state, form, entries, [&](const Entry* entry) {
    const int64_t count = state.Count(entry);
    if (count <= 0 || form.parameters[0].is_null()) return Datum();
    const double place = form.parameters[0].double_value() * static_cast<double>(count - 1);
    const auto below = static_cast<int64_t>(std::floor(place));
    const double first = ValueAt(state, form, entry, below).double_value();
    if (place == std::floor(place) || below + 1 >= count) return Datum::Double(first);
    const double second = ValueAt(state, form, entry, below + 1).double_value();
    return Datum::Double(first + (second - first) * (place - static_cast<double>(below)));
  });
}

Column MostFrequent(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return DatumCells(state, form, entries, [&](const Entry* entry) {
    Datum found;
    int64_t most = 0;
    state.extremes()->ForEachText(entry, [&](std::string_view row, int64_t weight) {
      if (weight > most) {
        most = weight;
        found = ArgumentOf(state, form, row);
      }
      return true;
    });
    return found;
  });
}

}  // namespace

std::vector<AggregateFunction> PercentileFunctions() {
  constexpr AccumulatorNeeds kValues{.values = true};
  return {
      {.name = "mode",
       .arguments = {AggregateArgument{}},
       .result = {},
       .needs = kValues,
       .compute = MostFrequent,
       .doc = "mode() WITHIN GROUP (ORDER BY x): the most frequent value; of several the first in the order",
       .values = AggregateValues::kWithinGroup},
      {.name = "percentile_cont",
       .arguments = {TypeKind::kDouble},
       .result = TypeKind::kDouble,
       .needs = kValues,
       .compute = Continuous,
       .doc = "percentile_cont(fraction) WITHIN GROUP (ORDER BY x): between values, by linear interpolation",
       .values = AggregateValues::kWithinGroup,
       .parameters = {TypeKind::kDouble}},
      {.name = "percentile_disc",
       .arguments = {AggregateArgument{}},
       .result = {},
       .needs = kValues,
       .compute = Discrete,
       .doc = "percentile_disc(fraction) WITHIN GROUP (ORDER BY x): the first value at or behind the fraction",
       .values = AggregateValues::kWithinGroup,
       .parameters = {TypeKind::kDouble}},
  };
}

}  // namespace freshet
