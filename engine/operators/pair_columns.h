// Puts the old and the new rows of changed groups beside each other.
#pragma once

#include <cstdint>
#include <span>

#include "engine/columnar/column.h"

namespace freshet {

// Rows 2i and 2i + 1 of the result are row old_rows[i] of `old_cells` and row new_rows[i] of `new_cells`, of one type.
Column PairColumns(const Column& old_cells, std::span<const uint32_t> old_rows, const Column& new_cells,
                   std::span<const uint32_t> new_rows);

}  // namespace freshet
