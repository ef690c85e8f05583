// Compares cells by their form: what is shown. Equal values of other form (1.0 and 1.00) are a change of the output.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/columnar/column.h"

namespace freshet {

// Sets (*differs)[i] to 1 where row a_rows[i] of `a` and row i of `b`, of one type, differ.
void MarkDifferentForms(const Column& a, std::span<const uint32_t> a_rows, const Column& b,
                        std::vector<uint8_t>* differs);

}  // namespace freshet
