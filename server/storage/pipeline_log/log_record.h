// What stands in a pipeline's log: the kinds of records, and their bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/runtime/journal.h"

namespace freshet {

// Counts bytes from the first segment of a log on; grows for ever. A record lies between two positions; everything
// before a position is its prefix.
using LogPosition = StrongId<struct LogPositionTag, uint64_t>;

struct LogSpan {
  LogPosition begin;
  LogPosition end;  // behind the record

  bool operator==(const LogSpan&) const = default;
};

// On disk: a number is never given to another kind. A log with a kind that is not here is of a newer release: refused.
enum class LogRecordKind : uint8_t {
  kGeneration = 1,
  kRevision = 2,
  kRequest = 3,
  kCut = 4,
  kHistory = 5,
  // Numbers kept for what persistence adds: checkpoint, promotion.
};

// A group has taken the log over. Who holds an older generation cannot append any more.
struct GenerationRecord {
  Generation generation;
};

// The pipeline starts anew under this revision: recovery runs the cuts after the last such record, and none before.
// Revisions that go on with the input of an earlier one (only options changed) bear that one's number.
struct RevisionRecord {
  uint64_t revision = 0;
  uint64_t history = 0;  // the number from here on
};

// What was shown before may not be repeatable: a source gave other records at the replay. Subscribers that hold an
// older history number must fetch anew.
struct HistoryRecord {
  uint64_t history = 0;
  std::string reason;
  // Sinks begin anew with this epoch, which is above all epochs before the record.
  Epoch first_epoch;
  // Of all that sources gave other than the cuts say, so that the same is no news at the next replay.
  uint64_t differences = 0;
};

// One ingest request as it came.
struct RequestRecord {
  std::string table_uid;
  std::string format;
  uint64_t schema_version = 0;
  std::string idempotency_key = {};  // empty: none
  int64_t received_micros = 0;       // since 1970-01-01 UTC: the record time of its rows
  std::string body;
};

// CutRecord (engine/runtime/journal.h): an epoch. Its sources are numbered as in the physical plan of its revision.
using LogRecord = std::variant<GenerationRecord, RevisionRecord, RequestRecord, CutRecord, HistoryRecord>;

LogRecordKind KindOf(const LogRecord& record);
// Appends the payload to `out`.
void EncodeLogRecord(const LogRecord& record, std::string* out);
// Error: not the payload of such a record.
absl::StatusOr<LogRecord> DecodeLogRecord(LogRecordKind kind, std::string_view payload);

}  // namespace freshet
