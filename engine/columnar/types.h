// Names the logical types of columns and the physical layout of their values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

// Logical types with PostgreSQL's meaning.
enum class TypeKind : uint8_t {
  kBoolean,
  kSmallint,
  kInteger,
  kBigint,
  kNumeric,
  kDouble,
  kText,
  kDate,         // days since 1970-01-01
  kTimestamp,    // microseconds since 1970-01-01, without a zone
  kTimestamptz,  // microseconds since 1970-01-01 UTC
  kReal,         // a double that a float can hold
  kTime,         // microseconds since midnight, up to 24 hours
  kBytea,
  kUuid,      // 16 bytes
  kInterval,  // interval.h
  kJsonb,     // json_text.h: its text in one form
  kArray,     // array.h; of elements of one scalar type
};
inline constexpr size_t kTypeKinds = static_cast<size_t>(TypeKind::kArray) + 1;

// How values lie in memory.
enum class PhysicalType : uint8_t {
  kBool,     // uint8_t, 0 or 1
  kInt32,    // int32_t: smallint (range-checked), integer, date
  kInt64,    // int64_t: bigint, timestamp, timestamptz, time
  kDouble,   // double: double precision, real
  kNumeric,  // Numeric (numeric.h)
  kString,   // StringCell (string_cell.h): text in UTF-8; bytes of bytea, uuid, interval, jsonb, arrays
};

struct DataType {
  TypeKind kind = TypeKind::kBigint;
  // numeric(precision, scale); precision 0 = unconstrained: each value keeps its own scale, as in PostgreSQL.
  uint8_t precision = 0;
  uint8_t scale = 0;
  // char(n): blanks at the end mean nothing; they are left out of a value and written with its text form.
  bool padded = false;
  // text: varchar(length) or char(length); 0 = any.
  uint32_t length = 0;
  // Of an array's elements, whose modifiers are those above.
  TypeKind element = TypeKind::kBoolean;

  // Whether it takes only some values of its kind.
  constexpr bool has_modifier() const { return precision != 0 || length != 0; }

  bool operator==(const DataType&) const = default;
};

// The type of arrays of these elements, and back.
constexpr DataType ArrayOf(DataType element) {
  DataType type = element;
  type.kind = TypeKind::kArray;
  type.element = element.kind;
  return type;
}
constexpr DataType ElementOf(DataType array) {
  DataType type = array;
  type.kind = array.element;
  type.element = TypeKind::kBoolean;
  return type;
}

inline constexpr uint8_t kMaxNumericPrecision = 38;
inline constexpr uint32_t kMaxTextLength = 10'485'760;  // of varchar(n)

constexpr PhysicalType PhysicalOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean:
      return PhysicalType::kBool;
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kDate:
      return PhysicalType::kInt32;
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kTime:
      return PhysicalType::kInt64;
    case TypeKind::kDouble:
    case TypeKind::kReal:
      return PhysicalType::kDouble;
    case TypeKind::kNumeric:
      return PhysicalType::kNumeric;
    case TypeKind::kText:
    case TypeKind::kBytea:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
      return PhysicalType::kString;
  }
  __builtin_unreachable();
}

// Bytes of one value.
constexpr size_t WidthOf(PhysicalType type) {
  switch (type) {
    case PhysicalType::kBool:
      return 1;
    case PhysicalType::kInt32:
      return 4;
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
      return 8;
    case PhysicalType::kNumeric:
      return 24;
    case PhysicalType::kString:
      return 16;
  }
  __builtin_unreachable();
}

// SQL name, for example `numeric(12,2)`, `timestamptz` or `text[]`.
std::string TypeName(DataType type);
std::ostream& operator<<(std::ostream& out, DataType type);

// Reads an SQL name as TypeName writes it, or one of PostgreSQL's aliases (int, int8, float8, varchar, ...). Case does
// not matter; an array is also written `integer array`. No value: not a type of the engine.
std::optional<DataType> ParseTypeName(std::string_view name);

// A column of a relation: its name and type.
struct Field {
  std::string name;
  DataType type;

  bool operator==(const Field&) const = default;
};
using Schema = std::vector<Field>;

}  // namespace freshet
