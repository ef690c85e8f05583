#include "engine/operators/cell_form.h"

#include <cstring>

namespace freshet {
namespace {

template <typename T>
bool SameValue(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}
bool SameValue(const StringCell& a, const StringCell& b) { return a == b; }

template <typename T>
bool SameCell(const Column& a, uint32_t a_row, const Column& b, uint32_t b_row) {
  if (!a.IsValue(a_row) || !b.IsValue(b_row)) {
    return a.IsValue(a_row) == b.IsValue(b_row) && a.ErrorAt(a_row) == b.ErrorAt(b_row);
  }
  return SameValue(a.values<T>()[a_row], b.values<T>()[b_row]);
}

// Calls `visit` with a value of the C++ type of the cells.
template <typename Visit>
auto WithCellType(PhysicalType physical, Visit visit) {
  switch (physical) {
    case PhysicalType::kBool:
      return visit(uint8_t());
    case PhysicalType::kInt32:
      return visit(int32_t());
    case PhysicalType::kInt64:
      return visit(int64_t());
    case PhysicalType::kDouble:
      return visit(double());
    case PhysicalType::kNumeric:
      return visit(Numeric());
    case PhysicalType::kString:
      return visit(StringCell());
  }
  __builtin_unreachable();
}

template <typename T>
void MarkDifferentCells(const Column& a, std::span<const uint32_t> a_rows, const Column& b, uint8_t* differs) {
  if (a.all_valid() && b.all_valid()) {
    const T* a_values = a.values<T>();
    const T* b_values = b.values<T>();
    for (uint32_t i = 0; i < a_rows.size(); ++i) differs[i] |= SameValue(a_values[a_rows[i]], b_values[i]) ? 0 : 1;
    return;
  }
  for (uint32_t i = 0; i < a_rows.size(); ++i) differs[i] |= SameCell<T>(a, a_rows[i], b, i) ? 0 : 1;
}

}  // namespace

bool RowsHaveSameForm(std::span<const Column> a, uint32_t a_row, std::span<const Column> b, uint32_t b_row) {
  for (size_t column = 0; column < a.size(); ++column) {
    const bool same = WithCellType(a[column].physical(), [&](auto value) {
      return SameCell<decltype(value)>(a[column], a_row, b[column], b_row);
    });
    if (!same) return false;
  }
  return true;
}

void MarkDifferentForms(const Column& a, std::span<const uint32_t> a_rows, const Column& b,
                        std::vector<uint8_t>* differs) {
  WithCellType(a.physical(), [&](auto value) { MarkDifferentCells<decltype(value)>(a, a_rows, b, differs->data()); });
}

}  // namespace freshet
