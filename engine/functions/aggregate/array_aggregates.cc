#include <algorithm>

#include "engine/columnar/array.h"
#include "engine/expr/kernel.h"
#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/row_cells.h"

namespace freshet {
namespace {

Column ToArray(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  ArrayWriter writer(form.type);
  return DatumCells(state, form, entries, [&](const Entry* entry) {
    if (state.Count(entry) == 0) return Datum();
    state.extremes()->ForEachText(entry, [&](std::string_view row, int64_t weight) {
      const Datum value = ArgumentOf(state, form, row);
      if (state.options().distinct) weight = std::min<int64_t>(weight, 1);
      for (; weight > 0 && writer.bytes() <= kMaxTextBytes; --weight) writer.Append(value);
      return writer.bytes() <= kMaxTextBytes;
    });
    std::string cell = writer.Finish();
    return cell.size() > kMaxTextBytes ? Datum::Error(CellError::kTooLarge) : Datum::Text(std::move(cell));
  });
}

}  // namespace

std::vector<AggregateFunction> ArrayAggregateFunctions() {
  return {{.name = "array_agg",
           .arguments = {AggregateArgument{}},
           .result = TypeKind::kArray,
           .needs = {.values = true},
           .compute = ToArray,
           .doc = "all values, NULLs too, as an array in the order of ORDER BY in the call, else in their own",
           .values = AggregateValues::kOrdered,
           .keeps_nulls = true}};
}

}  // namespace freshet
