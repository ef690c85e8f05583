#include "engine/expr/value_set.h"

#include <cstdint>
#include <numeric>

#include "engine/base/check.h"
#include "engine/columnar/column_builder.h"

namespace freshet {
namespace {

template <typename T>
void SortRows(const Column& column, std::vector<uint32_t>* rows) {
  const T* values = column.values<T>();
  std::sort(rows->begin(), rows->end(), [&](uint32_t a, uint32_t b) { return ValueLess(values[a], values[b]); });
}

Column Sorted(const Column& column) {
  std::vector<uint32_t> rows(column.size());
  std::iota(rows.begin(), rows.end(), 0);
  switch (PhysicalOf(column.type().kind)) {
    case PhysicalType::kBool:
      SortRows<uint8_t>(column, &rows);
      break;
    case PhysicalType::kInt32:
      SortRows<int32_t>(column, &rows);
      break;
    case PhysicalType::kInt64:
      SortRows<int64_t>(column, &rows);
      break;
    case PhysicalType::kDouble:
      SortRows<double>(column, &rows);
      break;
    case PhysicalType::kNumeric:
      SortRows<Numeric>(column, &rows);
      break;
    case PhysicalType::kString:
      SortRows<StringCell>(column, &rows);
      break;
  }
  return GatherColumn(column, rows);
}

}  // namespace

ValueSet::ValueSet(DataType type, const std::vector<Datum>& values) {
  ColumnBuilder builder(type, static_cast<uint32_t>(values.size()));
  for (const Datum& value : values) {
    CHECK(!value.is_error());
    has_null_ |= value.is_null();
    if (value.is_value()) AppendDatum(value, builder);
  }
  sorted_ = Sorted(builder.Finish());
}

}  // namespace freshet
