// Builds the result column of an aggregate over rows from a rule for one group. For the function families.
#pragma once

#include <span>
#include <string_view>

#include "engine/columnar/column_builder.h"
#include "engine/functions/aggregate/aggregate_function.h"

namespace freshet {

// `rule(entry)` gives a cell. It is not asked for groups with an ERROR.
template <typename Rule>
Column DatumCells(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries,
                  Rule rule) {
  ColumnBuilder builder(form.type, static_cast<uint32_t>(entries.size()));
  for (const Entry* entry : entries) {
    AppendDatum(state.HasError(entry) ? Datum::Error(CellError::kErrorInAggregate) : rule(entry), builder);
  }
  return builder.Finish();
}

// An argument of an encoded row.
inline Datum ArgumentOf(const ArgumentState& state, const AggregateForm& form, std::string_view row,
                        uint32_t argument = 0) {
  return PartOf(state.options().rows, row, form.argument_parts[argument]);
}

}  // namespace freshet
