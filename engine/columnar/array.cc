// Behind the keys of numerics and intervals, which tell only what is compared, stand a zero byte, which begins no key,
// and the rests of the elements that are not NULL: the scale in one byte, or the bytes of months and days.
#include "engine/columnar/array.h"

#include <vector>

#include "engine/base/check.h"
#include "engine/columnar/interval.h"
#include "engine/columnar/sort_key.h"

namespace freshet {
namespace {

constexpr SortOrder kElementOrder{.value_only = true};
constexpr char kEndOfKeys = '\0';

constexpr size_t RestBytes(TypeKind element) {
  if (element == TypeKind::kNumeric) return 1;
  return element == TypeKind::kInterval ? kIntervalBytes - kSpanBytes : 0;
}

std::string RestOf(const Datum& value, TypeKind element) {
  if (element == TypeKind::kNumeric) return std::string(1, static_cast<char>(value.numeric_value().scale));
  return element == TypeKind::kInterval ? value.text_value().substr(kSpanBytes) : std::string();
}

size_t KeysBytes(std::string_view cell, TypeKind element) {
  if (RestBytes(element) == 0) return cell.size();
  size_t at = 0;
  while (cell[at] != kEndOfKeys) at += SortKeyBytes(cell.substr(at), DataType{element}, kElementOrder);
  return at;
}

// Whether the rest, which comes from elsewhere, fits the key.
bool RestFits(const ArrayElement& element, TypeKind kind) {
  if (kind != TypeKind::kNumeric) return true;
  std::string_view key = element.key;
  const Numeric value = TakeSortKey(&key, DataType{kind}, kElementOrder).numeric_value();
  const auto scale = static_cast<uint8_t>(element.rest[0]);
  return scale >= value.scale && scale <= kMaxNumericDigits && RescaleNumeric(value, scale).has_value();
}

}  // namespace

bool ArrayElement::is_null() const { return IsNullSortKey(key); }

ArrayReader::ArrayReader(std::string_view cell, DataType array) : element_(array.element) {
  const size_t keys = KeysBytes(cell, element_);
  keys_ = cell.substr(0, keys);
  if (keys < cell.size()) rests_ = cell.substr(keys + 1);
}

bool ArrayReader::Next(ArrayElement* element) {
  if (keys_.empty()) return false;
  const size_t size = SortKeyBytes(keys_, DataType{element_}, kElementOrder);
  element->key = keys_.substr(0, size);
  keys_.remove_prefix(size);
  const size_t rest = element->is_null() ? 0 : RestBytes(element_);
  element->rest = rests_.substr(0, rest);
  rests_.remove_prefix(rest);
  return true;
}

void ArrayWriter::Append(const Datum& value) {
  AppendSortKey(value, element_, kElementOrder, &keys_);
  if (value.is_value()) rests_.append(RestOf(value, element_.kind));
}

void ArrayWriter::Append(const ArrayElement& element) {
  keys_.append(element.key);
  rests_.append(element.rest);
}

std::string ArrayWriter::Finish() {
  std::string cell;
  cell.swap(keys_);
  if (RestBytes(element_.kind) > 0) cell.append(1, kEndOfKeys).append(rests_);
  rests_.clear();
  return cell;
}

bool IsArrayCell(std::string_view bytes, DataType array) {
  const size_t rest_bytes = RestBytes(array.element);
  std::vector<ArrayElement> elements;
  while (!bytes.empty() && (rest_bytes == 0 || bytes.front() != kEndOfKeys)) {
    const size_t size = CheckSortKey(bytes, DataType{array.element});
    if (size == 0) return false;
    if (rest_bytes > 0) elements.push_back({bytes.substr(0, size), {}});
    bytes.remove_prefix(size);
  }
  if (rest_bytes == 0) return true;
  if (bytes.empty()) return false;
  bytes.remove_prefix(1);
  for (ArrayElement& element : elements) {
    if (element.is_null()) continue;
    if (bytes.size() < rest_bytes) return false;
    element.rest = bytes.substr(0, rest_bytes);
    bytes.remove_prefix(rest_bytes);
    if (!RestFits(element, array.element)) return false;
  }
  return bytes.empty();
}

Datum DatumOf(const ArrayElement& element, DataType array) {
  std::string_view key = element.key;
  Datum value = TakeSortKey(&key, DataType{array.element}, kElementOrder);
  if (!value.is_value()) return value;
  if (array.element == TypeKind::kNumeric) {
    return Datum::Decimal(*RescaleNumeric(value.numeric_value(), static_cast<uint8_t>(element.rest[0])));
  }
  if (array.element == TypeKind::kInterval) return Datum::Text(std::string(value.text_value()).append(element.rest));
  return value;
}

int64_t CountElements(std::string_view cell, DataType array) {
  int64_t count = 0;
  ArrayReader reader(cell, array);
  for (ArrayElement element; reader.Next(&element);) ++count;
  return count;
}

bool FindElement(std::string_view cell, DataType array, int64_t index, ArrayElement* element) {
  if (index < 1) return false;
  ArrayReader reader(cell, array);
  while (reader.Next(element)) {
    if (--index == 0) return true;
  }
  return false;
}

std::string_view ComparedBytes(std::string_view cell, DataType type) {
  if (type.kind == TypeKind::kInterval) return SpanBytes(cell);
  return type.kind == TypeKind::kArray ? cell.substr(0, KeysBytes(cell, type.element)) : cell;
}

bool HasOneForm(DataType type) {
  if (type.kind == TypeKind::kInterval) return false;
  if (type.kind != TypeKind::kArray || RestBytes(type.element) == 0) return true;
  return type.element == TypeKind::kNumeric && type.precision > 0;
}

}  // namespace freshet
