#include "server/formats/api/table_shape.h"

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

std::optional<uint32_t> FindColumn(const TableShape& shape, std::string_view name) {
  for (uint32_t i = 0; i < shape.columns.size(); ++i) {
    if (shape.columns[i].name == name) return i;
  }
  return std::nullopt;
}

ColumnOrigin OriginOf(v1::Column::Metadata metadata) {
  switch (metadata) {
    case v1::Column::KEY:
      return ColumnOrigin::kKey;
    case v1::Column::TOPIC:
      return ColumnOrigin::kTopic;
    case v1::Column::PARTITION:
      return ColumnOrigin::kPartition;
    case v1::Column::OFFSET:
      return ColumnOrigin::kOffset;
    case v1::Column::TIMESTAMP:
      return ColumnOrigin::kTimestamp;
    case v1::Column::FILE:
      return ColumnOrigin::kFile;
    case v1::Column::LINE:
      return ColumnOrigin::kLine;
    case v1::Column::METADATA_UNSPECIFIED:
    case v1::Column_Metadata_Column_Metadata_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Column_Metadata_Column_Metadata_INT_MAX_SENTINEL_DO_NOT_USE_:
      return ColumnOrigin::kField;
  }
  return ColumnOrigin::kField;  // a number that a newer client sent
}

absl::StatusOr<ColumnShape> MakeColumnShape(const v1::Column& column) {
  ColumnShape shape;
  shape.name = column.name();
  shape.not_null = column.not_null();
  std::optional<DataType> type = EngineType(column.type());
  if (!type) {
    return MakeError(ErrorCode::kUnsupportedType,
                     StrCat("column ", column.name(), ": type ", v1::TypeKind_Name(column.type().kind()),
                            " is not built in this release"));
  }
  shape.type = *type;
  if (column.has_default_value() && !column.default_value().null()) {
    absl::StatusOr<Datum> value = ParseDatum(column.default_value().text(), shape.type);
    if (!value.ok()) {
      return MakeError(ErrorCode::kInvalidLiteral,
                       StrCat("column ", column.name(), ": default: ", StdView(value.status().message())));
    }
    shape.default_value = *std::move(value);
  }
  switch (column.from_case()) {
    case v1::Column::kPath:
      shape.origin = ColumnOrigin::kPath;
      shape.origin_name = column.path();
      break;
    case v1::Column::kHeader:
      shape.origin = ColumnOrigin::kHeader;
      shape.origin_name = column.header();
      break;
    case v1::Column::kMetadata:
      shape.origin = OriginOf(column.metadata());
      break;
    case v1::Column::FROM_NOT_SET:
      break;
  }
  return shape;
}

}  // namespace

std::optional<DataType> EngineType(const v1::Type& type) {
  switch (type.kind()) {
    case v1::BOOLEAN:
      return DataType{TypeKind::kBoolean};
    case v1::SMALLINT:
      return DataType{TypeKind::kSmallint};
    case v1::INTEGER:
      return DataType{TypeKind::kInteger};
    case v1::BIGINT:
      return DataType{TypeKind::kBigint};
    case v1::NUMERIC:
      if (type.precision() > kMaxNumericPrecision || type.scale() > type.precision()) return std::nullopt;
      return DataType{TypeKind::kNumeric, static_cast<uint8_t>(type.precision()), static_cast<uint8_t>(type.scale())};
    case v1::DOUBLE:
      return DataType{TypeKind::kDouble};
    case v1::TEXT: {
      if (type.length() > kMaxTextLength || (type.padded() && type.length() == 0)) return std::nullopt;
      DataType text{TypeKind::kText};
      text.length = type.length();
      text.padded = type.padded();
      return text;
    }
    case v1::REAL:
      return DataType{TypeKind::kReal};
    case v1::TIME:
      return DataType{TypeKind::kTime};
    case v1::BYTEA:
      return DataType{TypeKind::kBytea};
    case v1::UUID:
      return DataType{TypeKind::kUuid};
    case v1::INTERVAL:
      return DataType{TypeKind::kInterval};
    case v1::JSONB:
      return DataType{TypeKind::kJsonb};
    case v1::DATE:
      return DataType{TypeKind::kDate};
    case v1::TIMESTAMP:
      return DataType{TypeKind::kTimestamp};
    case v1::TIMESTAMPTZ:
      return DataType{TypeKind::kTimestamptz};
    case v1::ARRAY: {
      std::optional<DataType> element = EngineType(type.element());
      if (!element || element->kind == TypeKind::kArray) return std::nullopt;
      return ArrayOf(*element);
    }
    case v1::TYPE_KIND_UNSPECIFIED:
    case v1::ROW:
    case v1::TypeKind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::TypeKind_INT_MAX_SENTINEL_DO_NOT_USE_:
      return std::nullopt;
  }
  return std::nullopt;  // a number that a newer client sent
}

absl::StatusOr<TableShape> MakeTableShape(const v1::Table& table) {
  TableShape shape;
  shape.name = table.name();
  shape.deletes = table.deletes();
  shape.append_only = table.append_only();
  for (const v1::Column& column : table.columns()) {
    ASSIGN_OR_RETURN(ColumnShape made, MakeColumnShape(column));
    shape.columns.push_back(std::move(made));
  }
  for (const std::string& name : table.primary_key()) {
    std::optional<uint32_t> index = FindColumn(shape, name);
    if (!index) return MakeError(ErrorCode::kUnknownColumn, StrCat("primary key: no column ", name));
    shape.columns[*index].is_key = true;
    shape.primary_key.push_back(*index);
  }
  if (!table.version_column().empty()) {
    shape.version_column = FindColumn(shape, table.version_column());
    if (!shape.version_column) {
      return MakeError(ErrorCode::kUnknownColumn, StrCat("version_column: no column ", table.version_column()));
    }
  }
  return shape;
}

std::vector<bool> NeededColumns(const TableShape& shape, const std::vector<uint32_t>& wanted, BadValue bad_value) {
  std::vector<bool> needed(shape.columns.size(), bad_value == BadValue::kDeadLetter);
  for (uint32_t column : wanted) needed[column] = true;
  for (uint32_t i = 0; i < shape.columns.size(); ++i) {
    const ColumnShape& column = shape.columns[i];
    bool decides = column.is_key || (column.not_null && column.default_value.is_null()) || shape.version_column == i;
    needed[i] = needed[i] || decides;
  }
  return needed;
}

}  // namespace freshet
