// Builds the result column of an aggregate from a rule for one group. For the function families.
#pragma once

#include <optional>
#include <span>

#include "engine/functions/aggregate/argument_state.h"
#include "engine/state/gather_cells.h"

namespace freshet {

// What a rule answers when there is no value.
struct NoValue {
  CellError error = CellError::kNone;  // kNone: NULL
};

// `rule(entry, scratch)` gives the cell's address, or nullptr and the reason in *no_value. It is not asked for groups
// with an ERROR.
template <typename Rule>
Column ResultCells(const ArgumentState& state, DataType type, std::span<const Entry* const> entries, Rule rule) {
  NoValue no_value;
  return GatherCells(
      type, static_cast<uint32_t>(entries.size()),
      [&](uint32_t i) -> const void* {
        no_value = {};
        if (__builtin_expect(state.HasError(entries[i]), false)) {
          no_value.error = CellError::kErrorInAggregate;
          return nullptr;
        }
        return rule(entries[i], &no_value);
      },
      [&](uint32_t) { return no_value.error; });
}

}  // namespace freshet
