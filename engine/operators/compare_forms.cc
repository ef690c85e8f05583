#include "engine/operators/compare_forms.h"

#include <cstring>

namespace freshet {
namespace {

template <typename T>
bool SameForm(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}
template <>
bool SameForm<StringCell>(const StringCell& a, const StringCell& b) {
  return a == b;
}

template <typename T>
void MarkByType(const Column& a, std::span<const uint32_t> a_rows, const Column& b, std::vector<uint8_t>* differs) {
  const T* a_values = a.values<T>();
  const T* b_values = b.values<T>();
  uint8_t* out = differs->data();
  if (a.all_valid() && b.all_valid()) {
    for (uint32_t i = 0; i < a_rows.size(); ++i) out[i] |= SameForm(a_values[a_rows[i]], b_values[i]) ? 0 : 1;
    return;
  }
  for (uint32_t i = 0; i < a_rows.size(); ++i) {
    uint32_t row = a_rows[i];
    bool same = a.IsValue(row) == b.IsValue(i) &&
                (a.IsValue(row) ? SameForm(a_values[row], b_values[i]) : a.ErrorAt(row) == b.ErrorAt(i));
    out[i] |= same ? 0 : 1;
  }
}

}  // namespace

void MarkDifferentForms(const Column& a, std::span<const uint32_t> a_rows, const Column& b,
                        std::vector<uint8_t>* differs) {
  switch (a.physical()) {
    case PhysicalType::kBool:
      return MarkByType<uint8_t>(a, a_rows, b, differs);
    case PhysicalType::kInt32:
      return MarkByType<int32_t>(a, a_rows, b, differs);
    case PhysicalType::kInt64:
      return MarkByType<int64_t>(a, a_rows, b, differs);
    case PhysicalType::kDouble:
      return MarkByType<double>(a, a_rows, b, differs);
    case PhysicalType::kNumeric:
      return MarkByType<Numeric>(a, a_rows, b, differs);
    case PhysicalType::kString:
      return MarkByType<StringCell>(a, a_rows, b, differs);
  }
  __builtin_unreachable();
}

}  // namespace freshet
