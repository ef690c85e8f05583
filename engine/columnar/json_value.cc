#include "engine/columnar/json_value.h"

#include <cmath>

#include "engine/columnar/array.h"
#include "engine/columnar/json_text.h"

namespace freshet {
namespace {

void AppendFloating(const Datum& value, DataType type, std::string* out) {
  const std::string text = FormatDatum(value, type);
  if (!std::isfinite(value.double_value())) return AppendJsonText(text, out);
  out->append(CanonicalJson(text).value_or(text));
}

void AppendJsonArray(std::string_view cell, DataType type, std::string* out) {
  out->push_back('[');
  ArrayReader reader(cell, type);
  bool first = true;
  for (ArrayElement element; reader.Next(&element); first = false) {
    if (!first) out->append(", ");
    AppendJsonOf(DatumOf(element, type), ElementOf(type), out);
  }
  out->push_back(']');
}

}  // namespace

void AppendJsonOf(const Datum& value, DataType type, std::string* out) {
  if (!value.is_value()) {
    out->append("null");
    return;
  }
  if (type.kind == TypeKind::kArray) return AppendJsonArray(value.text_value(), type, out);
  std::string text = FormatDatum(value, type);
  switch (type.kind) {
    case TypeKind::kBoolean:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kNumeric:
    case TypeKind::kJsonb:
      out->append(text);
      return;
    case TypeKind::kDouble:
    case TypeKind::kReal:
      return AppendFloating(value, type, out);
    case TypeKind::kTimestamptz:
      text.replace(text.find('Z'), 1, "+00:00");
      return AppendJsonText(text, out);
    case TypeKind::kText:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTime:
    case TypeKind::kBytea:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
      return AppendJsonText(text, out);
    case TypeKind::kArray:
      break;  // above
  }
}

}  // namespace freshet
