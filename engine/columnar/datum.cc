#include "engine/columnar/datum.h"

#include "engine/columnar/double_order.h"

namespace freshet {
namespace {

// Values before NULL before ERROR; values of different kinds (a test's mistake, mostly) by kind.
int RankOf(const Datum& datum) {
  if (datum.is_value()) return 0;
  return datum.is_null() ? 1 : 2;
}

struct CompareAlternatives {
  template <typename A, typename B>
  std::strong_ordering operator()(const A& a, const B& b) const {
    if constexpr (!std::is_same_v<A, B>) {
      return std::strong_ordering::equal;
    } else if constexpr (std::is_same_v<A, double>) {
      return CompareDoubles(a, b);
    } else {
      return a <=> b;
    }
  }
};

}  // namespace

std::strong_ordering Datum::operator<=>(const Datum& other) const {
  if (auto order = RankOf(*this) <=> RankOf(other); order != 0) return order;
  if (auto order = value_.index() <=> other.value_.index(); order != 0) return order;
  return std::visit(CompareAlternatives(), value_, other.value_);
}

Datum DatumAt(const Column& column, uint32_t row) {
  CHECK(row < column.size()) << row << " of " << column.size();
  if (column.IsError(row)) return Datum::Error(column.ErrorAt(row));
  if (!column.IsValue(row)) return Datum::Null();
  switch (column.physical()) {
    case PhysicalType::kBool:
      return Datum::Bool(column.values<uint8_t>()[row] != 0);
    case PhysicalType::kInt32:
      return Datum::Int(column.values<int32_t>()[row]);
    case PhysicalType::kInt64:
      return Datum::Int(column.values<int64_t>()[row]);
    case PhysicalType::kDouble:
      return Datum::Double(column.values<double>()[row]);
    case PhysicalType::kNumeric:
      return Datum::Decimal(column.values<Numeric>()[row]);
    case PhysicalType::kString:
      return Datum::Text(std::string(column.values<StringCell>()[row].view()));
  }
  __builtin_unreachable();
}

void AppendDatum(const Datum& datum, ColumnBuilder& builder) {
  if (datum.is_null()) return builder.AppendNull();
  if (datum.is_error()) return builder.AppendError(datum.error());
  switch (PhysicalOf(builder.type().kind)) {
    case PhysicalType::kBool:
      return builder.Append<uint8_t>(datum.bool_value() ? 1 : 0);
    case PhysicalType::kInt32:
      CHECK(datum.int_value() == static_cast<int32_t>(datum.int_value())) << datum << " as " << builder.type();
      return builder.Append(static_cast<int32_t>(datum.int_value()));
    case PhysicalType::kInt64:
      return builder.Append(datum.int_value());
    case PhysicalType::kDouble:
      return builder.Append(datum.double_value());
    case PhysicalType::kNumeric:
      return builder.Append(datum.numeric_value());
    case PhysicalType::kString:
      return builder.AppendString(datum.text_value());
  }
  __builtin_unreachable();
}

}  // namespace freshet
