#include "engine/operators/cell_form.h"

#include <cstring>

namespace freshet {

bool CellsHaveSameForm(const Column& a, uint32_t a_row, const Column& b, uint32_t b_row) {
  if (!a.IsValue(a_row) || !b.IsValue(b_row)) {
    return a.IsValue(a_row) == b.IsValue(b_row) && a.ErrorAt(a_row) == b.ErrorAt(b_row);
  }
  switch (a.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
    case PhysicalType::kNumeric: {
      const size_t width = WidthOf(a.physical());
      return std::memcmp(a.raw_values() + a_row * width, b.raw_values() + b_row * width, width) == 0;
    }
    case PhysicalType::kString:
      return a.values<StringCell>()[a_row] == b.values<StringCell>()[b_row];
  }
  __builtin_unreachable();
}

bool RowsHaveSameForm(std::span<const Column> a, uint32_t a_row, std::span<const Column> b, uint32_t b_row) {
  for (size_t column = 0; column < a.size(); ++column) {
    if (!CellsHaveSameForm(a[column], a_row, b[column], b_row)) return false;
  }
  return true;
}

}  // namespace freshet
