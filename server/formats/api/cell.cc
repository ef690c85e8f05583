#include "server/formats/api/cell.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "engine/columnar/array.h"
#include "engine/columnar/byte_text.h"
#include "engine/columnar/date_time.h"
#include "engine/columnar/double_order.h"
#include "engine/columnar/interval.h"
#include "engine/columnar/json_text.h"
#include "engine/columnar/text_length.h"
#include "simdjson.h"

namespace freshet {
namespace {

// Everything else that is a whole number: blanks, a plus, 19 digits, 2.0, 1e3.
bool ReadLongInteger(std::string_view text, int64_t* out) {
  std::optional<Numeric> number = ParseNumeric(text);
  if (!number) return false;
  int128 power = PowerOfTen(number->scale);
  int128 whole = number->unscaled() / power;
  if (whole * power != number->unscaled()) return false;
  if (whole < std::numeric_limits<int64_t>::min() || whole > std::numeric_limits<int64_t>::max()) return false;
  *out = static_cast<int64_t>(whole);
  return true;
}

template <typename T>
bool ReadInteger(std::string_view text, Cell* out) {
  int64_t value = 0;
  if (!ReadShortDigits(text, &value) && !ReadLongInteger(text, &value)) return false;
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
  out->integer = value;
  return true;
}

bool ReadDatum(std::string_view text, DataType type, Cell* out) {
  absl::StatusOr<Datum> value = ParseDatum(text, type);
  if (!value.ok()) return false;
  *out = CellOf(*value, type);
  return true;
}

bool ReadDouble(std::string_view text, DataType type, Cell* out) {
  if (!text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
    const char* end = text.data() + text.size();
    double value = 0;
    auto [stop, error] = std::from_chars(text.data(), end, value);
    // "-inf" and "-nan(...)" are words, which ParseDatum reads its own way.
    bool number = error == std::errc() && stop == end && (text[0] != '-' || (text.size() > 1 && text[1] <= '9'));
    if (number) {
      out->real = value;
      return true;
    }
  }
  return ReadDatum(text, type, out);
}

bool ReadNumeric(std::string_view text, DataType type, Cell* out) {
  std::optional<Numeric> value = ParseNumeric(text);
  if (!value) return false;
  if (type.precision != 0) {
    value = RescaleNumeric(*value, type.scale);
    if (!value) return false;
    int128 limit = PowerOfTen(type.precision);
    if (value->unscaled() >= limit || value->unscaled() <= -limit) return false;
  }
  out->numeric = *value;
  return true;
}

template <typename T>
bool ReadTime(std::optional<T> value, Cell* out) {
  if (!value) return false;
  out->integer = *value;
  return true;
}

bool ReadText(const FieldCell& field, DataType type, Cell* out) {
  if (field.text.size() > std::numeric_limits<uint32_t>::max()) return false;
  if (field.kind == FieldKind::kText && !IsValidUtf8(field.text)) return false;
  out->text = field.text;
  if (type.length == 0) return true;
  std::optional<std::string_view> fitting = FitText(field.text, type);
  if (fitting) out->text = *fitting;
  return fitting.has_value();
}

// What lies in a cell otherwise than it was read.
bool ReadBytes(std::optional<std::string> bytes, Cell* out) {
  if (!bytes) return false;
  out->made = *std::move(bytes);
  out->text = out->made;
  return true;
}

// JSON has no bytes: they go as base64, as rows are written; PostgreSQL's form, which begins with a backslash, is none.
bool ReadBytea(std::string_view text, Cell* out) {
  return ReadBytes(text.starts_with("\\x") ? ParseBytea(text) : ParseBase64(text), out);
}

bool ReadInterval(std::string_view text, Cell* out) {
  std::optional<Interval> interval = ParseInterval(text);
  return interval && ReadBytes(EncodeInterval(*interval), out);
}

bool ReadJson(const FieldCell& field, Cell* out) {
  if (field.kind == FieldKind::kText && !IsValidUtf8(field.text)) return false;
  return ReadBytes(CanonicalJson(field.text), out);
}

bool ReadReal(std::string_view text, Cell* out) {
  Cell wide;
  if (!ReadDouble(text, {TypeKind::kDouble}, &wide)) return false;
  std::optional<double> real = RealOf(wide.real);
  if (real) out->real = *real;
  return real.has_value();
}

// JSON's own booleans and numbers fit only their kind of columns; texts fit every one that can read them.
bool KindFits(FieldKind kind, TypeKind type) {
  switch (kind) {
    case FieldKind::kText:
    case FieldKind::kValidText:
      return true;
    case FieldKind::kNumber:
      return type == TypeKind::kSmallint || type == TypeKind::kInteger || type == TypeKind::kBigint ||
             type == TypeKind::kNumeric || type == TypeKind::kDouble || type == TypeKind::kReal ||
             type == TypeKind::kJsonb;
    case FieldKind::kBoolean:
      return type == TypeKind::kBoolean || type == TypeKind::kJsonb;
    case FieldKind::kComposite:
      return type == TypeKind::kJsonb || type == TypeKind::kArray;
    case FieldKind::kMissing:
    case FieldKind::kNull:
    case FieldKind::kBad:
      return false;
  }
  __builtin_unreachable();
}

Datum DatumOf(const Cell& cell, DataType type) {
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
      return Datum::Bool(cell.integer != 0);
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
      return Datum::Int(cell.integer);
    case PhysicalType::kDouble:
      return Datum::Double(cell.real);
    case PhysicalType::kNumeric:
      return Datum::Decimal(cell.numeric);
    case PhysicalType::kString:
      return Datum::Text(std::string(cell.text));
  }
  __builtin_unreachable();
}

// An element of a JSON array in its one form (json_text.h) as a field; `characters` are those of a string.
FieldCell FieldOfJson(std::string_view json, std::string* characters) {
  switch (JsonKindOf(json)) {
    case JsonKind::kString:
      *characters = JsonStringValue(json);
      return {FieldKind::kValidText, *characters};
    case JsonKind::kNumber:
      return {FieldKind::kNumber, json};
    case JsonKind::kBoolean:
      return {FieldKind::kBoolean, json};
    case JsonKind::kObject:
    case JsonKind::kArray:
      return {FieldKind::kComposite, json};
    case JsonKind::kNull:
      break;
  }
  return {FieldKind::kNull, json};
}

// A JSON array of what the elements' type takes; elements that are arrays themselves it does not take.
bool ReadJsonArray(std::string_view text, DataType type, Cell* out) {
  std::optional<std::string> json = CanonicalJson(text);
  if (!json || JsonKindOf(*json) != JsonKind::kArray) return false;
  ArrayWriter writer(type);
  bool good = true;
  ForEachJsonElement(*json, [&](std::string_view each) {
    std::string characters;
    const FieldCell element = FieldOfJson(each, &characters);
    const bool quoted_json = type.element == TypeKind::kJsonb && element.kind == FieldKind::kValidText;
    Cell cell;
    if (element.kind == FieldKind::kNull) {
      writer.Append(Datum::Null());
    } else if (quoted_json) {  // of jsonb a string is one
      writer.Append(Datum::Text(std::string(each)));
    } else if ((good = ReadCell(element, ElementOf(type), &cell))) {
      writer.Append(DatumOf(cell, ElementOf(type)));
    }
    return good;
  });
  return good && ReadBytes(writer.Finish(), out);
}

bool ReadArray(const FieldCell& field, DataType type, Cell* out) {
  if (field.kind == FieldKind::kComposite) return ReadJsonArray(field.text, type, out);
  if (field.kind == FieldKind::kText && !IsValidUtf8(field.text)) return false;
  absl::StatusOr<Datum> array = ParseDatum(field.text, type);
  return array.ok() && ReadBytes(array->text_value(), out);
}

}  // namespace

bool ReadCell(const FieldCell& field, DataType type, Cell* out) {
  out->state = CellState::kValue;
  if (type.kind == TypeKind::kText) return field.kind != FieldKind::kBad && ReadText(field, type, out);
  if (!KindFits(field.kind, type.kind)) return false;
  switch (type.kind) {
    case TypeKind::kBoolean:
      return ReadDatum(field.text, type, out);
    case TypeKind::kSmallint:
      return ReadInteger<int16_t>(field.text, out);
    case TypeKind::kInteger:
      return ReadInteger<int32_t>(field.text, out);
    case TypeKind::kBigint:
      return ReadInteger<int64_t>(field.text, out);
    case TypeKind::kNumeric:
      return ReadNumeric(field.text, type, out);
    case TypeKind::kDouble:
      return ReadDouble(field.text, type, out);
    case TypeKind::kDate:
      return ReadTime(ParseDate(field.text), out);
    case TypeKind::kTimestamp:
      return ReadTime(ParseTimestamp(field.text), out);
    case TypeKind::kTimestamptz:
      return ReadTime(ParseTimestamptz(field.text), out);
    case TypeKind::kReal:
      return ReadReal(field.text, out);
    case TypeKind::kTime:
      return ReadTime(ParseTimeOfDay(field.text), out);
    case TypeKind::kBytea:
      return ReadBytea(field.text, out);
    case TypeKind::kUuid:
      return ReadBytes(ParseUuid(field.text), out);
    case TypeKind::kInterval:
      return ReadInterval(field.text, out);
    case TypeKind::kJsonb:
      return ReadJson(field, out);
    case TypeKind::kArray:
      return ReadArray(field, type, out);
    case TypeKind::kText:
      break;  // above
  }
  __builtin_unreachable();
}

Cell CellOf(const Datum& datum, DataType type) {
  Cell cell;
  if (!datum.is_value()) return cell;
  cell.state = CellState::kValue;
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
      cell.integer = datum.bool_value() ? 1 : 0;
      break;
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
      cell.integer = datum.int_value();
      break;
    case PhysicalType::kDouble:
      cell.real = datum.double_value();
      break;
    case PhysicalType::kNumeric:
      cell.numeric = datum.numeric_value();
      break;
    case PhysicalType::kString:
      cell.text = datum.text_value();
      break;
  }
  return cell;
}

void AppendCell(const Cell& cell, ColumnBuilder& builder) {
  if (cell.state == CellState::kNull) return builder.AppendNull();
  if (cell.state == CellState::kBad) return builder.AppendError(CellError::kBadValue);
  switch (PhysicalOf(builder.type().kind)) {
    case PhysicalType::kBool:
      return builder.Append<uint8_t>(cell.integer != 0 ? 1 : 0);
    case PhysicalType::kInt32:
      return builder.Append(static_cast<int32_t>(cell.integer));
    case PhysicalType::kInt64:
      return builder.Append(cell.integer);
    case PhysicalType::kDouble:
      return builder.Append(cell.real);
    case PhysicalType::kNumeric:
      return builder.Append(cell.numeric);
    case PhysicalType::kString:
      return builder.AppendString(cell.text);
  }
  __builtin_unreachable();
}

bool IsValidUtf8(std::string_view text) {
  // Most texts are short and ASCII: words of 8 bytes without a high bit.
  constexpr uint64_t kHighBits = 0x8080808080808080ull;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & kHighBits) != 0) return simdjson::validate_utf8(text.data(), text.size());
  }
  for (; at < text.size(); ++at) {
    if ((text[at] & 0x80) != 0) return simdjson::validate_utf8(text.data(), text.size());
  }
  return true;
}

}  // namespace freshet
