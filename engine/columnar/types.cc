#include "engine/columnar/types.h"

#include <array>
#include <charconv>
#include <utility>

#include "absl/strings/ascii.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr std::array kNames = std::to_array<std::pair<std::string_view, TypeKind>>({
    {"boolean", TypeKind::kBoolean},
    {"bool", TypeKind::kBoolean},
    {"smallint", TypeKind::kSmallint},
    {"int2", TypeKind::kSmallint},
    {"integer", TypeKind::kInteger},
    {"int", TypeKind::kInteger},
    {"int4", TypeKind::kInteger},
    {"bigint", TypeKind::kBigint},
    {"int8", TypeKind::kBigint},
    {"numeric", TypeKind::kNumeric},
    {"decimal", TypeKind::kNumeric},
    {"dec", TypeKind::kNumeric},
    {"double", TypeKind::kDouble},
    {"double precision", TypeKind::kDouble},
    {"float8", TypeKind::kDouble},
    {"float", TypeKind::kDouble},
    {"text", TypeKind::kText},
    {"varchar", TypeKind::kText},
    {"character varying", TypeKind::kText},
    {"date", TypeKind::kDate},
    {"timestamp", TypeKind::kTimestamp},
    {"timestamp without time zone", TypeKind::kTimestamp},
    {"timestamptz", TypeKind::kTimestamptz},
    {"timestamp with time zone", TypeKind::kTimestamptz},
    {"char", TypeKind::kText},
    {"character", TypeKind::kText},
    {"bpchar", TypeKind::kText},
    {"real", TypeKind::kReal},
    {"float4", TypeKind::kReal},
    {"time", TypeKind::kTime},
    {"time without time zone", TypeKind::kTime},
    {"bytea", TypeKind::kBytea},
    {"uuid", TypeKind::kUuid},
    {"interval", TypeKind::kInterval},
    {"jsonb", TypeKind::kJsonb},
    {"json", TypeKind::kJsonb},
});

// Lower case, one blank between words, none at the ends.
std::string Normalize(std::string_view name) {
  std::string normal = absl::AsciiStrToLower(AbslView(name));
  absl::RemoveExtraAsciiWhitespace(&normal);
  return normal;
}

template <typename T>
bool ParsePart(std::string_view text, uint32_t max, T* out) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return false;
  *out = static_cast<T>(value);
  return true;
}

}  // namespace

std::string TypeName(DataType type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return "boolean";
    case TypeKind::kSmallint:
      return "smallint";
    case TypeKind::kInteger:
      return "integer";
    case TypeKind::kBigint:
      return "bigint";
    case TypeKind::kNumeric:
      if (type.precision == 0) return "numeric";
      return StrCat("numeric(", type.precision, ",", type.scale, ")");
    case TypeKind::kDouble:
      return "double precision";
    case TypeKind::kText:
      if (type.length == 0) return "text";
      return StrCat(type.padded ? "char(" : "varchar(", type.length, ")");
    case TypeKind::kDate:
      return "date";
    case TypeKind::kTimestamp:
      return "timestamp";
    case TypeKind::kTimestamptz:
      return "timestamptz";
    case TypeKind::kReal:
      return "real";
    case TypeKind::kTime:
      return "time";
    case TypeKind::kBytea:
      return "bytea";
    case TypeKind::kUuid:
      return "uuid";
    case TypeKind::kInterval:
      return "interval";
    case TypeKind::kJsonb:
      return "jsonb";
    case TypeKind::kArray:
      return TypeName(ElementOf(type)) + "[]";
  }
  __builtin_unreachable();
}

std::ostream& operator<<(std::ostream& out, DataType type) { return out << TypeName(type); }

std::optional<DataType> ParseTypeName(std::string_view name) {
  std::string normal = Normalize(name);
  for (std::string_view ending : {"[]", " array"}) {
    if (!normal.ends_with(ending)) continue;
    std::optional<DataType> element = ParseTypeName(std::string_view(normal).substr(0, normal.size() - ending.size()));
    if (!element || element->kind == TypeKind::kArray) return std::nullopt;
    return ArrayOf(*element);
  }
  std::string_view word = normal;
  std::string_view modifier;
  if (size_t open = word.find('('); open != std::string_view::npos) {
    if (word.back() != ')') return std::nullopt;
    modifier = word.substr(open + 1, word.size() - open - 2);
    word = word.substr(0, open);
    if (word.ends_with(' ')) word.remove_suffix(1);
  }
  for (const auto& [known, kind] : kNames) {
    if (known != word) continue;
    DataType type{.kind = kind};
    type.padded = known == "char" || known == "character" || known == "bpchar";
    if (word.size() == normal.size()) {
      if (type.padded) type.length = 1;
      return type;
    }
    if (kind == TypeKind::kText && known != "text") {
      if (!ParsePart(modifier, kMaxTextLength, &type.length) || type.length == 0) return std::nullopt;
      return type;
    }
    // timestamp(n) would have to round values, which is not built.
    if (kind != TypeKind::kNumeric) return std::nullopt;
    size_t comma = modifier.find(',');
    if (!ParsePart(modifier.substr(0, comma), kMaxNumericPrecision, &type.precision) || type.precision == 0) {
      return std::nullopt;
    }
    if (comma != std::string_view::npos && !ParsePart(modifier.substr(comma + 1), type.precision, &type.scale)) {
      return std::nullopt;
    }
    return type;
  }
  return std::nullopt;
}

}  // namespace freshet
