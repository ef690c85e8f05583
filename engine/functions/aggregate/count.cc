#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

Column Count(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  int64_t count;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue*) -> const void* {
    count = state.Count(entry);
    return &count;
  });
}

}  // namespace

std::vector<AggregateFunction> CountFunctions() {
  constexpr AggregateArgument kAny;
  return {
      {"count", {}, TypeKind::kBigint, {}, Count, "count(*): the number of rows"},
      {"count", {kAny}, TypeKind::kBigint, {}, Count, "the number of values that are not NULL"},
      {.name = "approx_count_distinct",
       .arguments = {kAny},
       .result = TypeKind::kBigint,
       .needs = {},
       .compute = Count,
       .doc = "count(DISTINCT x): the exact number",
       .is_distinct = true},
  };
}

}  // namespace freshet
