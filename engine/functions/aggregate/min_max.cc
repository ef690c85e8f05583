#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

// Room for a cell of any type.
struct alignas(8) CellScratch {
  char bytes[24];
};

Column Min(const ArgumentState& state, DataType type, std::span<const Entry* const> entries) {
  CellScratch scratch;
  state.extremes()->Prefetch(entries);
  return ResultCells(state, type, entries,
                     [&](const Entry* entry, NoValue*) { return state.extremes()->Least(entry, scratch.bytes); });
}

Column Max(const ArgumentState& state, DataType type, std::span<const Entry* const> entries) {
  CellScratch scratch;
  state.extremes()->Prefetch(entries);
  return ResultCells(state, type, entries,
                     [&](const Entry* entry, NoValue*) { return state.extremes()->Greatest(entry, scratch.bytes); });
}

}  // namespace

std::vector<AggregateFunction> MinMaxFunctions() {
  std::vector<AggregateFunction> functions;
  for (TypeKind type : kAllTypes) {
    functions.push_back({"min", {type}, type, {.least = true}, Min, "the smallest value"});
    functions.push_back({"max", {type}, type, {.greatest = true}, Max, "the largest value"});
  }
  return functions;
}

}  // namespace freshet
