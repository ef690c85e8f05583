// The files of a log: one segment after the other, each with a header and records. Numbers are little-endian.
//
//   file {start as 20 digits}.log:  header | record | record | ...
//   header (64 bytes):              magic, format version, checksum, and SegmentHeader
//   record:                         checksum of the header, checksum of the payload, length, kind, 3 zero bytes |
//   payload
//
// Checksums are CRC-32C. That of a record's header covers its position too, so a record is valid only where it was
// written, and a reader can step over a payload that it has not read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/storage/pipeline_log/log_record.h"

namespace freshet {

inline constexpr uint64_t kSegmentHeaderBytes = 64;
inline constexpr uint64_t kRecordHeaderBytes = 16;
// Longer ones are never written, so a larger length is damage.
inline constexpr uint64_t kRecordBytesMax = 1u << 30;

// What was true before the first record of the segment: so only the last one is looked through when a log is opened.
struct SegmentHeader {
  uint64_t start = 0;  // position of its first byte, the header's
  Generation generation;
  uint64_t revision = 0;
  LogPosition revision_position;  // behind the last RevisionRecord
  uint64_t history = 0;
};

struct RecordHeader {
  uint32_t length = 0;
  uint32_t payload_checksum = 0;
  uint8_t kind = 0;
};

std::string SegmentName(uint64_t start);
// No value: not the name of a segment.
std::optional<uint64_t> ParseSegmentName(std::string_view name);

std::string EncodeSegmentHeader(const SegmentHeader& header);
// DATA_LOSS: not a segment's header; UNIMPLEMENTED: of a newer release.
absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view bytes);

// Appends a record that begins at `position`.
void EncodeRecord(LogRecordKind kind, std::string_view payload, uint64_t position, std::string* out);
// No value: not the header of a record at `position`.
std::optional<RecordHeader> DecodeRecordHeader(std::string_view bytes, uint64_t position);
bool IsPayload(const RecordHeader& header, std::string_view payload);

// Takes over what a record changes for the header of the next segment. `end`: behind the record.
void Advance(const LogRecord& record, LogPosition end, SegmentHeader* header);

}  // namespace freshet
