#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

Column Count(const ArgumentState& state, DataType type, std::span<const Entry* const> entries) {
  int64_t count;
  return ResultCells(state, type, entries, [&](const Entry* entry, NoValue*) -> const void* {
    count = state.Count(entry);
    return &count;
  });
}

}  // namespace

std::vector<AggregateFunction> CountFunctions() {
  std::vector<AggregateFunction> functions;
  functions.push_back({"count", {}, TypeKind::kBigint, {}, Count, "count(*): the number of rows"});
  for (TypeKind type : kAllTypes) {
    functions.push_back({"count", {type}, TypeKind::kBigint, {}, Count, "the number of values that are not NULL"});
  }
  return functions;
}

}  // namespace freshet
