// Compares cells by form, as relation slots do: 1.0 and 1.00 differ. Only rows of the same form cancel each other
// downstream, so an operator that decides whether a row changed must look at the form, not at the value.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/columnar/column.h"

namespace freshet {

// Whether two rows of the same columns are the same in form.
bool RowsHaveSameForm(std::span<const Column> a, uint32_t a_row, std::span<const Column> b, uint32_t b_row);

// Sets (*differs)[i] to 1 where row a_rows[i] of `a` and row i of `b`, of one type, differ.
void MarkDifferentForms(const Column& a, std::span<const uint32_t> a_rows, const Column& b,
                        std::vector<uint8_t>* differs);

}  // namespace freshet
