#include "server/storage/pipeline_log/log_segment.h"

#include <charconv>

#include "engine/base/check.h"
#include "fmt/format.h"
#include "server/storage/crc32c.h"
#include "server/transport/byte_coding.h"

namespace freshet {
namespace {

constexpr uint64_t kMagic = 0x474F4C5445485346;  // "FSHETLOG"
constexpr uint32_t kFormatVersion = 1;
constexpr std::string_view kSuffix = ".log";
constexpr size_t kNameDigits = 20;

// Of everything in a record's header but the checksum itself, and of its position.
uint32_t HeaderChecksum(const RecordHeader& header, uint64_t position) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.Number(position);
  out.Number(header.payload_checksum);
  out.Number(header.length);
  out.Number(header.kind);
  return Crc32c(bytes);
}

}  // namespace

std::string SegmentName(uint64_t start) { return fmt::format("{:0{}}{}", start, kNameDigits, kSuffix); }

std::optional<uint64_t> ParseSegmentName(std::string_view name) {
  if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  uint64_t start = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + kNameDigits, start);
  if (error != std::errc() || end != name.data() + kNameDigits) return std::nullopt;
  return start;
}

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string content;
  ByteWriter out(&content);
  out.Number(kFormatVersion);
  out.Number(header.start);
  out.Number(header.generation.value());
  out.Number(header.revision);
  out.Number(header.revision_position.value());
  out.Number(header.history);
  content.resize(kSegmentHeaderBytes - sizeof(kMagic) - sizeof(uint32_t));
  std::string bytes;
  ByteWriter whole(&bytes);
  whole.Number(kMagic);
  whole.Number(Crc32c(content));
  return bytes + content;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view bytes) {
  ByteReader in(bytes);
  auto magic = in.Number<uint64_t>();
  auto checksum = in.Number<uint32_t>();
  if (bytes.size() != kSegmentHeaderBytes || magic != kMagic || checksum != Crc32c(in.rest())) {
    return absl::DataLossError("this is not the header of a log segment");
  }
  if (auto version = in.Number<uint32_t>(); version != kFormatVersion) {
    return absl::UnimplementedError(
        fmt::format("the log has format version {}; this release knows {}", version, kFormatVersion));
  }
  SegmentHeader header;
  header.start = in.Number<uint64_t>();
  header.generation = Generation(in.Number<uint64_t>());
  header.revision = in.Number<uint64_t>();
  header.revision_position = LogPosition(in.Number<uint64_t>());
  header.history = in.Number<uint64_t>();
  return header;
}

void EncodeRecord(LogRecordKind kind, std::string_view payload, uint64_t position, std::string* out) {
  CHECK_LE(payload.size(), kRecordBytesMax);
  RecordHeader header;
  header.length = static_cast<uint32_t>(payload.size());
  header.payload_checksum = Crc32c(payload);
  header.kind = static_cast<uint8_t>(kind);
  ByteWriter writer(out);
  writer.Number(HeaderChecksum(header, position));
  writer.Number(header.payload_checksum);
  writer.Number(header.length);
  writer.Number(header.kind);
  out->append(3, '\0');
  out->append(payload);
}

std::optional<RecordHeader> DecodeRecordHeader(std::string_view bytes, uint64_t position) {
  ByteReader in(bytes);
  auto checksum = in.Number<uint32_t>();
  RecordHeader header;
  header.payload_checksum = in.Number<uint32_t>();
  header.length = in.Number<uint32_t>();
  header.kind = in.Number<uint8_t>();
  if (bytes.size() != kRecordHeaderBytes || checksum != HeaderChecksum(header, position)) return std::nullopt;
  return header.length <= kRecordBytesMax && in.rest() == std::string_view("\0\0\0", 3) ? std::optional(header)
                                                                                        : std::nullopt;
}

bool IsPayload(const RecordHeader& header, std::string_view payload) {
  return payload.size() == header.length && Crc32c(payload) == header.payload_checksum;
}

void Advance(const LogRecord& record, LogPosition end, SegmentHeader* header) {
  if (const auto* generation = std::get_if<GenerationRecord>(&record)) {
    header->generation = generation->generation;
  } else if (const auto* revision = std::get_if<RevisionRecord>(&record)) {
    header->revision = revision->revision;
    header->revision_position = end;
    header->history = revision->history;
  } else if (const auto* history = std::get_if<HistoryRecord>(&record)) {
    header->history = history->history;
  }
}

}  // namespace freshet
