// A key is a byte that tells NULL from a value, then the value: integers with the sign bit flipped, from the highest
// byte on; doubles as the integers in their order; text with its zero bytes escaped and two zero bytes behind it.
// A numeric is its sign, the place of its first digit, its digits without trailing zeros (each one more, then 0), and
// its scale. What is below the first byte is inverted where the order is descending.
#include "engine/columnar/sort_key.h"

#include <algorithm>
#include <bit>

#include "engine/base/check.h"
#include "engine/columnar/array.h"
#include "engine/columnar/byte_text.h"
#include "engine/columnar/double_order.h"
#include "engine/columnar/interval.h"

namespace freshet {
namespace {

constexpr char kNullFirst = '\x00';
constexpr char kValue = '\x01';
constexpr char kNullLast = '\x02';

constexpr char kNegative = '\x01';
constexpr char kZero = '\x02';
constexpr char kPositive = '\x03';
constexpr int kPlaceOfPoint = 64;

template <typename T>
void PutWhole(T value, std::string* out) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value) ^ (std::make_unsigned_t<T>{1} << (sizeof(T) * 8 - 1));
  for (int shift = sizeof(T) * 8 - 8; shift >= 0; shift -= 8) out->push_back(static_cast<char>(bits >> shift));
}

void PutText(std::string_view text, std::string* out) {
  for (char c : text) {
    out->push_back(c);
    if (c == '\0') out->push_back('\xff');
  }
  out->append(2, '\0');
}

void Invert(std::string* out, size_t begin) {
  for (size_t i = begin; i < out->size(); ++i) (*out)[i] = static_cast<char>(~(*out)[i]);
}

void PutNumeric(const Numeric& value, bool value_only, std::string* out) {
  const int128 unscaled = value.unscaled();
  out->push_back(unscaled < 0 ? kNegative : unscaled == 0 ? kZero : kPositive);
  if (unscaled != 0) {
    std::string digits = FormatNumeric(Numeric::Make(unscaled < 0 ? -unscaled : unscaled, 0));
    const size_t begin = out->size();
    out->push_back(static_cast<char>(static_cast<int>(digits.size()) - value.scale + kPlaceOfPoint));
    digits.erase(digits.find_last_not_of('0') + 1);
    for (char digit : digits) out->push_back(static_cast<char>(digit - '0' + 1));
    out->push_back('\0');
    if (unscaled < 0) Invert(out, begin);
  }
  if (!value_only) out->push_back(static_cast<char>(value.scale));
}

void PutDouble(double value, std::string* out) {
  const auto bits = static_cast<int64_t>(CanonicalDoubleBits(value));
  PutWhole(bits < 0 ? bits ^ INT64_MAX : bits, out);
}

void PutBytes(std::string_view cell, DataType type, bool value_only, std::string* out) {
  PutText(value_only ? ComparedBytes(cell, type) : cell, out);
}

void PutValue(const Column& column, uint32_t row, bool value_only, std::string* out) {
  switch (column.physical()) {
    case PhysicalType::kBool:
      return out->push_back(static_cast<char>(column.values<uint8_t>()[row]));
    case PhysicalType::kInt32:
      return PutWhole(column.values<int32_t>()[row], out);
    case PhysicalType::kInt64:
      return PutWhole(column.values<int64_t>()[row], out);
    case PhysicalType::kDouble:
      return PutDouble(column.values<double>()[row], out);
    case PhysicalType::kNumeric:
      return PutNumeric(column.values<Numeric>()[row], value_only, out);
    case PhysicalType::kString:
      return PutBytes(column.values<StringCell>()[row].view(), column.type(), value_only, out);
  }
}

void PutDatum(const Datum& value, DataType type, bool value_only, std::string* out) {
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
      return out->push_back(value.bool_value() ? '\x01' : '\x00');
    case PhysicalType::kInt32:
      return PutWhole(static_cast<int32_t>(value.int_value()), out);
    case PhysicalType::kInt64:
      return PutWhole(value.int_value(), out);
    case PhysicalType::kDouble:
      return PutDouble(value.double_value(), out);
    case PhysicalType::kNumeric:
      return PutNumeric(value.numeric_value(), value_only, out);
    case PhysicalType::kString:
      return PutBytes(value.text_value(), type, value_only, out);
  }
}

// Where the bytes of a text, from `at` on, end.
size_t EndOfText(std::string_view keys, size_t at) {
  for (;;) {
    at = keys.find('\0', at);
    CHECK(at != std::string_view::npos) << "a sort key ends early";
    if (keys[at + 1] == '\0') return at + 2;
    at += 2;
  }
}

size_t EndOfNumeric(std::string_view keys, size_t at, bool value_only) {
  const char sign = keys[at++];
  if (sign != kZero) at = keys.find(sign == kNegative ? '\xff' : '\0', at + 1) + 1;
  return at + (value_only ? 0 : 1);
}

// Bytes of a key, as they were before what is descending was inverted.
class KeyBytes {
 public:
  KeyBytes(std::string_view* bytes, bool inverted) : bytes_(*bytes), inverted_(inverted) {}

  uint8_t Next(bool negative = false) {
    CHECK(!bytes_.empty()) << "a sort key ends early";
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return inverted_ != negative ? static_cast<uint8_t>(~byte) : byte;
  }
  template <typename T>
  T Whole() {
    std::make_unsigned_t<T> bits = 0;
    for (size_t i = 0; i < sizeof(T); ++i) bits = static_cast<std::make_unsigned_t<T>>(bits << 8 | Next());
    return static_cast<T>(bits ^ (std::make_unsigned_t<T>{1} << (sizeof(T) * 8 - 1)));
  }
  std::string Text() {
    std::string text;
    for (;;) {
      const auto c = static_cast<char>(Next());
      if (c == '\0' && Next() == 0) return text;
      text.push_back(c);
    }
  }
  Numeric Decimal(bool value_only) {
    const auto sign = static_cast<char>(Next());
    const bool negative = sign == kNegative;
    int128 unscaled = 0;
    int32_t behind_point = 0;  // of the digits that were kept; below 0 where zeros in front of the point are left out
    if (sign != kZero) {
      behind_point = kPlaceOfPoint - Next(negative);
      for (uint8_t digit; (digit = Next(negative)) != 0; ++behind_point) unscaled = unscaled * 10 + (digit - 1);
    }
    const int32_t scale = value_only ? std::max(behind_point, 0) : Next();
    if (sign != kZero) unscaled *= PowerOfTen(scale - behind_point);
    return Numeric::Make(negative ? -unscaled : unscaled, scale);
  }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
  bool inverted_;
};

Datum ValueOf(KeyBytes& bytes, PhysicalType type, bool value_only) {
  switch (type) {
    case PhysicalType::kBool:
      return Datum::Bool(bytes.Next() != 0);
    case PhysicalType::kInt32:
      return Datum::Int(bytes.Whole<int32_t>());
    case PhysicalType::kInt64:
      return Datum::Int(bytes.Whole<int64_t>());
    case PhysicalType::kDouble: {
      const auto bits = bytes.Whole<int64_t>();
      return Datum::Double(std::bit_cast<double>(bits < 0 ? bits ^ INT64_MAX : bits));
    }
    case PhysicalType::kNumeric:
      return Datum::Decimal(bytes.Decimal(value_only));
    case PhysicalType::kString:
      return Datum::Text(bytes.Text());
  }
  __builtin_unreachable();
}

// Bytes of a text's key; 0: it ends early, or has not the length of its type.
size_t CheckText(std::string_view bytes, TypeKind kind) {
  size_t length = 0;
  for (size_t at = 1; at < bytes.size(); ++at, ++length) {
    if (bytes[at] != '\0') continue;
    if (++at == bytes.size()) return 0;
    if (bytes[at] == '\xff') continue;
    const bool fits =
        (kind != TypeKind::kUuid || length == kUuidBytes) && (kind != TypeKind::kInterval || length == kSpanBytes);
    return bytes[at] == '\0' && fits ? at + 1 : 0;
  }
  return 0;
}

size_t CheckNumeric(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  const char sign = bytes[1];
  if (sign == kZero) return 2;
  if ((sign != kNegative && sign != kPositive) || bytes.size() < 3) return 0;
  const uint8_t inverted = sign == kNegative ? 0xFF : 0;
  const int in_front = (static_cast<uint8_t>(bytes[2]) ^ inverted) - kPlaceOfPoint;
  int digits = 0;
  for (size_t at = 3; at < bytes.size(); ++at, ++digits) {
    const int digit = static_cast<uint8_t>(bytes[at]) ^ inverted;
    if (digit > 10) return 0;
    if (digit > 0) continue;
    const bool fits =
        digits > 0 && std::max(digits, in_front) <= kMaxNumericDigits && digits - in_front <= kMaxNumericDigits;
    return fits ? at + 1 : 0;
  }
  return 0;
}

}  // namespace

void AppendSortKey(const Column& column, uint32_t row, SortOrder order, std::string* out) {
  if (!column.IsValue(row)) return out->push_back(order.nulls_first ? kNullFirst : kNullLast);
  out->push_back(kValue);
  const size_t begin = out->size();
  PutValue(column, row, order.value_only, out);
  if (order.descending) Invert(out, begin);
}

void AppendSortKey(const Datum& value, DataType type, SortOrder order, std::string* out) {
  if (!value.is_value()) return out->push_back(order.nulls_first ? kNullFirst : kNullLast);
  out->push_back(kValue);
  const size_t begin = out->size();
  PutDatum(value, type, order.value_only, out);
  if (order.descending) Invert(out, begin);
}

bool IsNullSortKey(std::string_view keys) { return keys.front() != kValue; }

size_t SortKeyBytes(std::string_view keys, DataType type, SortOrder order) {
  if (IsNullSortKey(keys)) return 1;
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
      return 1 + 1;
    case PhysicalType::kInt32:
      return 1 + sizeof(int32_t);
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
      return 1 + sizeof(int64_t);
    case PhysicalType::kNumeric:
      return EndOfNumeric(keys, 1, order.value_only);
    case PhysicalType::kString:
      return EndOfText(keys, 1);
  }
  __builtin_unreachable();
}

size_t CheckSortKey(std::string_view bytes, DataType type) {
  if (bytes.empty()) return 0;
  if (bytes.front() == kNullLast) return 1;
  if (bytes.front() != kValue) return 0;
  auto if_whole = [&](size_t size) { return bytes.size() >= size ? size : 0; };
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
      return bytes.size() >= 2 && static_cast<uint8_t>(bytes[1]) <= 1 ? 2 : 0;
    case PhysicalType::kInt32:
      return if_whole(1 + sizeof(int32_t));
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
      return if_whole(1 + sizeof(int64_t));
    case PhysicalType::kNumeric:
      return CheckNumeric(bytes);
    case PhysicalType::kString:
      return CheckText(bytes, type.kind);
  }
  __builtin_unreachable();
}

Datum TakeSortKey(std::string_view* bytes, DataType type, SortOrder order) {
  CHECK(!bytes->empty()) << "a sort key ends early";
  const char tag = bytes->front();
  bytes->remove_prefix(1);
  if (tag != kValue) return Datum::Null();
  KeyBytes reader(bytes, order.descending);
  Datum value = ValueOf(reader, PhysicalOf(type.kind), order.value_only);
  *bytes = reader.rest();
  return value;
}

}  // namespace freshet
