#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

// `rule(count of TRUE, count of all)`.
template <typename Rule>
Column BooleanCells(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries,
                    Rule rule) {
  uint8_t result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue*) -> const void* {
    int64_t count = state.Count(entry);
    if (count == 0) return nullptr;
    result = rule(state.integer_sum()->Of(entry), count);
    return &result;
  });
}

Column AllTrue(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return BooleanCells(state, form, entries, [](int128 trues, int64_t count) { return trues == count; });
}

Column AnyTrue(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return BooleanCells(state, form, entries, [](int128 trues, int64_t count) { return trues != 0; });
}

}  // namespace

std::vector<AggregateFunction> BooleanFunctions() {
  constexpr AccumulatorNeeds kTrues{.sum = true};
  constexpr TypeKind kBoolean = TypeKind::kBoolean;
  return {
      {"bool_and", {kBoolean}, kBoolean, kTrues, AllTrue, "whether all values that are not NULL are TRUE"},
      {"every", {kBoolean}, kBoolean, kTrues, AllTrue, "bool_and by its name in the SQL standard"},
      {"bool_or", {kBoolean}, kBoolean, kTrues, AnyTrue, "whether a value is TRUE"},
  };
}

}  // namespace freshet
