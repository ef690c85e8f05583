#include <utility>

#include "engine/columnar/json_text.h"
#include "engine/columnar/json_value.h"
#include "engine/expr/kernel.h"
#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/row_cells.h"

namespace freshet {
namespace {

// An argument's type in the rows of the state.
DataType TypeOf(const ArgumentState& state, const AggregateForm& form, uint32_t argument) {
  return state.options().rows[form.argument_parts[argument]].type;
}

// `append(row, &json)` adds a row between the brackets; false: it cannot be.
template <typename Append>
Column JsonOfRows(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries,
                  std::string_view brackets, Append append) {
  return DatumCells(state, form, entries, [&](const Entry* entry) {
    if (state.Count(entry) == 0) return Datum();
    std::string json(1, brackets[0]);
    bool good = true;
    state.extremes()->ForEachText(entry, [&](std::string_view row, int64_t weight) {
      for (int64_t left = state.options().distinct ? std::min<int64_t>(weight, 1) : weight; left > 0 && good; --left) {
        if (json.size() > 1) json.append(", ");
        good = append(row, &json);
        if (json.size() > kMaxTextBytes) return false;
      }
      return good;
    });
    json.push_back(brackets[1]);
    if (!good) return Datum::Error(CellError::kInvalidArgument);
    if (json.size() > kMaxTextBytes) return Datum::Error(CellError::kTooLarge);
    return Datum::Text(std::move(json));
  });
}

Column ToArray(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  const DataType type = TypeOf(state, form, 0);
  return JsonOfRows(state, form, entries, "[]", [&](std::string_view row, std::string* json) {
    AppendJsonOf(ArgumentOf(state, form, row), type, json);
    return true;
  });
}

// Of equal names the last one counts.
Column ToObject(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  const DataType type = TypeOf(state, form, 1);
  const Column members = JsonOfRows(state, form, entries, "{}", [&](std::string_view row, std::string* json) {
    const Datum name = ArgumentOf(state, form, row);
    if (name.is_null()) return false;
    AppendJsonText(name.text_value(), json);
    json->append(": ");
    AppendJsonOf(ArgumentOf(state, form, row, 1), type, json);
    return true;
  });
  ColumnBuilder objects(form.type, members.size());
  for (uint32_t row = 0; row < members.size(); ++row) {
    const Datum cell = DatumAt(members, row);
    AppendDatum(cell.is_value() ? Datum::Text(*CanonicalJson(cell.text_value())) : cell, objects);
  }
  return objects.Finish();
}

AggregateFunction Of(std::string_view name, bool object) {
  AggregateFunction function{
      .name = name,
      .arguments = {AggregateArgument{}},
      .result = TypeKind::kJsonb,
      .needs = {.values = true},
      .compute = object ? ToObject : ToArray,
      .doc = object ? "the names and values as an object; of equal names the last counts; a NULL name is ERROR"
                    : "all values, NULLs too, as an array in the order of ORDER BY in the call, else in their own",
      .values = AggregateValues::kOrdered,
      .keeps_nulls = true};
  if (object) function.arguments.insert(function.arguments.begin(), TypeKind::kText);
  return function;
}

}  // namespace

std::vector<AggregateFunction> JsonAggregateFunctions() {
  return {Of("jsonb_agg", false), Of("json_agg", false), Of("jsonb_object_agg", true), Of("json_object_agg", true)};
}

}  // namespace freshet
