#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

// Room for a cell of any type.
struct alignas(8) CellScratch {
  char bytes[24];
};

Column Min(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  CellScratch scratch;
  state.extremes()->Prefetch(entries);
  return ResultCells(state, form.type, entries,
                     [&](const Entry* entry, NoValue*) { return state.extremes()->Least(entry, scratch.bytes); });
}

Column Max(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  CellScratch scratch;
  state.extremes()->Prefetch(entries);
  return ResultCells(state, form.type, entries,
                     [&](const Entry* entry, NoValue*) { return state.extremes()->Greatest(entry, scratch.bytes); });
}

}  // namespace

std::vector<AggregateFunction> MinMaxFunctions() {
  constexpr AggregateArgument kAny;
  return {
      {"min", {kAny}, {}, {.least = true}, Min, "the smallest value"},
      {"max", {kAny}, {}, {.greatest = true}, Max, "the largest value"},
      {"any_value", {kAny}, {}, {.least = true}, Min, "one of the values: the smallest"},
  };
}

}  // namespace freshet
