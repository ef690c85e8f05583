#include "server/plan/type_proto.h"

#include "absl/strings/ascii.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/formats/api/option.h"
#include "server/formats/api/table_shape.h"

namespace freshet {
namespace {

constexpr std::string_view kTypeNames[] = {"boolean", "smallint", "integer",   "bigint",      "numeric", "double",
                                           "text",    "date",     "timestamp", "timestamptz", "varchar", "int",
                                           "decimal", "float8",   "bool",      "real",        "time",    "interval",
                                           "bytea",   "uuid",     "jsonb",     "char"};

v1::TypeKind KindToProto(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean:
      return v1::BOOLEAN;
    case TypeKind::kSmallint:
      return v1::SMALLINT;
    case TypeKind::kInteger:
      return v1::INTEGER;
    case TypeKind::kBigint:
      return v1::BIGINT;
    case TypeKind::kNumeric:
      return v1::NUMERIC;
    case TypeKind::kDouble:
      return v1::DOUBLE;
    case TypeKind::kText:
      return v1::TEXT;
    case TypeKind::kDate:
      return v1::DATE;
    case TypeKind::kTimestamp:
      return v1::TIMESTAMP;
    case TypeKind::kTimestamptz:
      return v1::TIMESTAMPTZ;
    case TypeKind::kReal:
      return v1::REAL;
    case TypeKind::kTime:
      return v1::TIME;
    case TypeKind::kBytea:
      return v1::BYTEA;
    case TypeKind::kUuid:
      return v1::UUID;
    case TypeKind::kInterval:
      return v1::INTERVAL;
    case TypeKind::kJsonb:
      return v1::JSONB;
    case TypeKind::kArray:
      return v1::ARRAY;
  }
  __builtin_unreachable();
}

}  // namespace

std::optional<v1::Type> ParseTypeProto(std::string_view name) {
  if (name.size() > 200) return std::nullopt;
  std::string trimmed = absl::AsciiStrToLower(std::string(name));
  absl::StripAsciiWhitespace(&trimmed);
  if (auto type = ParseTypeName(trimmed)) return TypeToProto(*type);
  if (trimmed.ends_with("[]")) {
    auto element = ParseTypeProto(std::string_view(trimmed).substr(0, trimmed.size() - 2));
    if (!element) return std::nullopt;
    v1::Type result;
    result.set_kind(v1::ARRAY);
    *result.mutable_element() = *std::move(element);
    return result;
  }
  return std::nullopt;
}

std::string FormatTypeProto(const v1::Type& type) {
  if (auto engine = EngineType(type)) return TypeName(*engine);
  if (type.kind() == v1::ARRAY) return StrCat(FormatTypeProto(type.element()), "[]");
  return absl::AsciiStrToLower(v1::TypeKind_Name(type.kind()));
}

std::string SuggestTypeName(std::string_view name) {
  // The rest was taken for further entries: {type: numeric(12,2)}.
  if (name.find('(') != std::string_view::npos && name.find(')') == std::string_view::npos) {
    return "inside of { } or [ ] a type with a comma needs quotes: \"numeric(12,2)\"";
  }
  std::string nearest = NearestName(name, kTypeNames);
  return nearest.empty() ? "types: boolean, smallint, integer, bigint, numeric(p,s), real, double, text, varchar(n), "
                           "char(n), bytea, date, time, timestamp, timestamptz, interval, uuid, jsonb, "
                           "and arrays of them: text[]"
                         : StrCat("did you mean ", nearest, "?");
}

v1::Type TypeToProto(DataType type) {
  v1::Type result;
  if (type.kind == TypeKind::kArray) {
    result.set_kind(v1::ARRAY);
    *result.mutable_element() = TypeToProto(ElementOf(type));
    return result;
  }
  result.set_kind(KindToProto(type.kind));
  result.set_precision(type.precision);
  result.set_scale(type.scale);
  result.set_length(type.length);
  result.set_padded(type.padded);
  return result;
}

v1::Field FieldToProto(const Field& field) {
  v1::Field result;
  result.set_name(field.name);
  *result.mutable_type() = TypeToProto(field.type);
  return result;
}

Schema SchemaFromProto(const google::protobuf::RepeatedPtrField<v1::Field>& fields) {
  Schema schema;
  for (const v1::Field& field : fields) {
    auto type = EngineType(field.type());
    CHECK(type.has_value()) << "field " << field.name();
    schema.push_back({field.name(), *type});
  }
  return schema;
}

}  // namespace freshet
