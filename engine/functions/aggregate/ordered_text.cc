#include "engine/expr/kernel.h"
#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/row_cells.h"

namespace freshet {
namespace {

Column JoinTexts(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  const Datum& separator = form.parameters[0];
  return DatumCells(state, form, entries, [&](const Entry* entry) {
    if (state.Count(entry) == 0) return Datum();
    std::string joined;
    bool first = true;
    state.extremes()->ForEachText(entry, [&](std::string_view row, int64_t weight) {
      const Datum text = ArgumentOf(state, form, row);
      for (int64_t left = state.options().distinct ? std::min<int64_t>(weight, 1) : weight; left > 0; --left) {
        if (!first && separator.is_value()) joined += separator.text_value();
        joined += text.text_value();
        first = false;
        if (joined.size() > kMaxTextBytes) return false;
      }
      return true;
    });
    return joined.size() > kMaxTextBytes ? Datum::Error(CellError::kTooLarge) : Datum::Text(std::move(joined));
  });
}

}  // namespace

std::vector<AggregateFunction> OrderedTextFunctions() {
  return {{.name = "string_agg",
           .arguments = {TypeKind::kText},
           .result = TypeKind::kText,
           .needs = {.values = true},
           .compute = JoinTexts,
           .doc =
               "string_agg(x, separator ORDER BY ...): the texts that are not NULL, joined; without ORDER BY in their "
               "own order",
           .values = AggregateValues::kOrdered,
           .parameters = {TypeKind::kText}}};
}

}  // namespace freshet
