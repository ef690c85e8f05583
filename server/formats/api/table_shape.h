// A table's declaration as decoders need it: types, where each column comes from, defaults, keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/datum.h"
#include "engine/columnar/types.h"
#include "freshet/v1/plan.pb.h"
#include "freshet/v1/type.pb.h"

namespace freshet {

// Where a column's value comes from.
enum class ColumnOrigin : uint8_t {
  kField,  // the field of the column's name
  kPath,   // JSON pointer
  kHeader,
  kKey,
  kTopic,
  kPartition,
  kOffset,
  kTimestamp,
  kFile,
  kLine,
};

// Whether the record's value (not its metadata) holds the column.
constexpr bool IsInRecord(ColumnOrigin origin) {
  return origin == ColumnOrigin::kField || origin == ColumnOrigin::kPath;
}

struct ColumnShape {
  std::string name;
  DataType type;
  bool not_null = false;
  bool is_key = false;
  Datum default_value;  // NULL: none
  ColumnOrigin origin = ColumnOrigin::kField;
  std::string origin_name;  // kPath: the JSON pointer; kHeader: the header's name
};

struct TableShape {
  std::string name;
  std::vector<ColumnShape> columns;
  std::vector<uint32_t> primary_key;
  std::optional<uint32_t> version_column;
  bool deletes = false;      // takes deletes without a key
  bool append_only = false;  // promises that there are none
};

// The engine's type of a declared one; no value: not a type of this release.
std::optional<DataType> EngineType(const v1::Type& type);

// Error: a type, default, key or version column that cannot be used, by name (a definition that passed validation has
// none).
absl::StatusOr<TableShape> MakeTableShape(const v1::Table& table);

// What happens to a value that does not fit its column.
enum class BadValue : uint8_t { kError, kNull, kDeadLetter };

// For each column of the table, whether a record's value is looked at: the wanted ones, and those that decide whether
// the record is a dead letter, which never depends on what is wanted.
std::vector<bool> NeededColumns(const TableShape& shape, const std::vector<uint32_t>& wanted, BadValue bad_value);

}  // namespace freshet
