// Compares cells by form, as relation slots do: 1.0 and 1.00 differ. Only rows of the same form cancel each other
// downstream, so an operator that decides whether a row changed must look at the form, not at the value.
#pragma once

#include <cstdint>
#include <span>

#include "engine/columnar/column.h"

namespace freshet {

// Whether two cells of the same type are the same in form.
bool CellsHaveSameForm(const Column& a, uint32_t a_row, const Column& b, uint32_t b_row);

// Likewise two rows of the same columns.
bool RowsHaveSameForm(std::span<const Column> a, uint32_t a_row, std::span<const Column> b, uint32_t b_row);

}  // namespace freshet
