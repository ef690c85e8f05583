// A record on its way from bytes to a row.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/errors/error_list.h"
#include "server/formats/api/cell.h"

namespace freshet {

// Bytes of one record, without its line end. At least kRecordPadding bytes behind it can be read.
inline constexpr size_t kRecordPadding = 64;

// Why a record becomes a dead letter.
struct Rejection {
  ErrorCode code = ErrorCode::kMalformedRecord;
  std::string message;
  const char* at = nullptr;  // the byte of the record that shows it; nullptr: none is known
};

// What a record says about its row.
enum class ChangeKind : uint8_t {
  kWeight,  // `weight` times the row
  kInsert,
  kUpsert,
  kDelete,
};

// A decoded record: a field for each column of the table (those from metadata stay kMissing).
struct FieldRow {
  ChangeKind kind = ChangeKind::kInsert;
  int64_t weight = 1;  // kWeight: not 0
  std::vector<FieldCell> cells;
  uint64_t unknown_fields = 0;

  void Clear() {
    kind = ChangeKind::kInsert;
    weight = 1;
    unknown_fields = 0;
    for (FieldCell& cell : cells) cell = FieldCell();
  }
};

// The value of a Kafka header by name; no value: no such header.
using HeaderLookup = std::function<std::optional<std::string_view>(std::string_view name)>;

// Metadata of one record.
struct RecordPlace {
  int64_t offset = 0;  // stamp_offset
  int64_t line = 0;    // from 1; 0 = not known
  std::optional<int64_t> timestamp_micros;
  int64_t stamp_time = 0;
  std::optional<std::string_view> key;
  const HeaderLookup* headers = nullptr;  // nullptr: there are none
};

// Metadata of all records of a partition.
struct PartitionPlace {
  std::string stamp_partition;  // files: the path; Kafka: topic/000007
  std::string file;
  std::string topic;
  std::optional<int64_t> partition;
};

}  // namespace freshet
