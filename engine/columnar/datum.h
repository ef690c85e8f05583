// One cell by itself: literals, tests, keys of requests. Not for hot paths.
#pragma once

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/column.h"
#include "engine/columnar/column_builder.h"

namespace freshet {

class Datum {
 public:
  Datum() = default;  // NULL
  static Datum Null() { return Datum(); }
  static Datum Error(CellError error) { return Datum(Value(error)); }
  static Datum Bool(bool value) { return Datum(Value(value)); }
  static Datum Int(int64_t value) { return Datum(Value(value)); }  // all integers, dates and times
  static Datum Double(double value) { return Datum(Value(value)); }
  static Datum Decimal(Numeric value) { return Datum(Value(value)); }
  static Datum Text(std::string value) { return Datum(Value(std::move(value))); }

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_error() const { return std::holds_alternative<CellError>(value_); }
  bool is_value() const { return !is_null() && !is_error(); }
  CellError error() const { return std::get<CellError>(value_); }
  bool bool_value() const { return std::get<bool>(value_); }
  int64_t int_value() const { return std::get<int64_t>(value_); }
  double double_value() const { return std::get<double>(value_); }
  const Numeric& numeric_value() const { return std::get<Numeric>(value_); }
  const std::string& text_value() const { return std::get<std::string>(value_); }

  // Calls `visitor` with std::monostate (NULL), CellError, bool, int64_t, double, Numeric or std::string.
  template <typename Visitor>
  auto Visit(Visitor&& visitor) const {
    return std::visit(std::forward<Visitor>(visitor), value_);
  }

  // The order of CompareCells: values, then NULL, then ERROR.
  std::strong_ordering operator<=>(const Datum& other) const;
  bool operator==(const Datum& other) const { return (*this <=> other) == 0; }

 private:
  using Value = std::variant<std::monostate, CellError, bool, int64_t, double, Numeric, std::string>;
  explicit Datum(Value value) : value_(std::move(value)) {}

  Value value_;
};

// The cell of a column.
Datum DatumAt(const Column& column, uint32_t row);
// Appends to a builder of the type that the datum was made for.
void AppendDatum(const Datum& datum, ColumnBuilder& builder);

// Reads the text form of a value: PostgreSQL's input syntax of the type (true/false, 12, 1.50, 2026-01-31,
// 2026-01-31 12:00:00, 2026-01-31T12:00:00Z, NaN, Infinity, {1,2}). Error: INVALID_ARGUMENT with what is wrong.
absl::StatusOr<Datum> ParseDatum(std::string_view text, DataType type);
// Writes it: dates as 2026-01-31, timestamps RFC 3339 (Z for timestamptz), numbers shortest that reads back the same.
// NULL as `NULL`, ERROR as `ERROR(CODE)`.
std::string FormatDatum(const Datum& datum, DataType type);
std::ostream& operator<<(std::ostream& out, const Datum& datum);

// A row by itself.
using Row = std::vector<Datum>;

}  // namespace freshet
