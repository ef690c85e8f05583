// A cell of an argument by itself, for kernels that work on values of any type.
#pragma once

#include "engine/columnar/datum.h"
#include "engine/expr/kernel.h"

namespace freshet {

// The cell is a value.
inline Datum CellDatum(const Vector& value, uint32_t row) {
  switch (value.physical()) {
    case PhysicalType::kBool:
      return Datum::Bool(value.At<uint8_t>(row) != 0);
    case PhysicalType::kInt32:
      return Datum::Int(value.At<int32_t>(row));
    case PhysicalType::kInt64:
      return Datum::Int(value.At<int64_t>(row));
    case PhysicalType::kDouble:
      return Datum::Double(value.At<double>(row));
    case PhysicalType::kNumeric:
      return Datum::Decimal(value.At<Numeric>(row));
    case PhysicalType::kString:
      return Datum::Text(std::string(value.At<StringCell>(row).view()));
  }
  __builtin_unreachable();
}

}  // namespace freshet
