#include "server/storage/pipeline_log/log_reader.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/storage/pipeline_log/log_segment.h"

namespace freshet {
namespace {

constexpr uint64_t kReadBytes = 256 << 10;

constexpr bool IsKnown(uint8_t kind) {
  return kind >= static_cast<uint8_t>(LogRecordKind::kGeneration) &&
         kind <= static_cast<uint8_t>(LogRecordKind::kHistory);
}

}  // namespace

LogReader::LogReader(Disk* disk, std::string folder, LogPosition from, std::initializer_list<LogRecordKind> kinds)
    : disk_(disk), folder_(std::move(folder)), position_(from.value()) {
  for (LogRecordKind kind : kinds) kinds_ |= 1u << static_cast<uint8_t>(kind);
}

LogReader::~LogReader() = default;

absl::Status LogReader::Damaged(std::string_view what) const {
  return absl::DataLossError(
      fmt::format("the log {} is damaged: segment {} at offset {}: {}; restore the folder from a backup, or delete the "
                  "pipeline",
                  folder_, SegmentName(segment_), position_ - segment_, what));
}

absl::Status LogReader::OpenSegment() {
  ASSIGN_OR_RETURN(std::vector<std::string> names, disk_->List(folder_));
  std::optional<uint64_t> start;
  for (const std::string& name : names) {
    std::optional<uint64_t> each = ParseSegmentName(name);
    if (each && (*each <= position_ || (position_ == 0 && !start))) start = each;
  }
  if (!start) return absl::OkStatus();
  segment_ = *start;
  position_ = std::max(position_, segment_);
  ASSIGN_OR_RETURN(file_, disk_->Open(StrCat(folder_, "/", SegmentName(segment_)), Disk::Mode::kRead));
  ASSIGN_OR_RETURN(std::string header_bytes, file_->Read(0, kSegmentHeaderBytes));
  auto header = DecodeSegmentHeader(header_bytes);
  if (absl::IsUnimplemented(header.status())) return header.status();
  if (!header.ok() || header->start != segment_) {
    file_ = nullptr;
    position_ = segment_;
    return Damaged("its header cannot be read");
  }
  position_ = std::max(position_, segment_ + kSegmentHeaderBytes);
  buffer_.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> LogReader::Bytes(uint64_t skip, uint64_t size) {
  const uint64_t from = position_ + skip;
  if (from < buffer_position_ || from + size > buffer_position_ + buffer_.size()) {
    ASSIGN_OR_RETURN(buffer_, file_->Read(from - segment_, std::max(size, kReadBytes)));
    buffer_position_ = from;
  }
  return std::string_view(buffer_).substr(from - buffer_position_, size);
}

absl::StatusOr<std::optional<LogReader::Item>> LogReader::Next(LogPosition until) {
  while (position_ < until.value()) {
    if (file_ == nullptr) {
      RETURN_IF_ERROR(OpenSegment());
      if (file_ == nullptr) return Damaged("there is no segment with this position");
      continue;
    }
    ASSIGN_OR_RETURN(std::string_view header_bytes, Bytes(0, kRecordHeaderBytes));
    if (header_bytes.empty()) {  // the end of the segment: the next one begins here
      uint64_t before = segment_;
      file_ = nullptr;
      RETURN_IF_ERROR(OpenSegment());
      if (file_ == nullptr || segment_ == before) return Damaged("the segment ends too early");
      continue;
    }
    std::optional<RecordHeader> header = DecodeRecordHeader(header_bytes, position_);
    if (!header) return Damaged("the header of a record cannot be read");
    if (!IsKnown(header->kind)) {
      return absl::UnimplementedError(
          fmt::format("the log {} has records of kind {}, which a newer release has written", folder_, header->kind));
    }
    const uint64_t end = position_ + kRecordHeaderBytes + header->length;
    if ((kinds_ & (1u << header->kind)) == 0) {
      position_ = end;
      continue;
    }
    ASSIGN_OR_RETURN(std::string_view payload, Bytes(kRecordHeaderBytes, header->length));
    if (!IsPayload(*header, payload)) return Damaged("a record cannot be read");
    auto record = DecodeLogRecord(static_cast<LogRecordKind>(header->kind), payload);
    if (absl::IsDataLoss(record.status())) return Damaged(StdView(record.status().message()));
    if (!record.ok()) return record.status();
    Item item{{LogPosition(position_), LogPosition(end)}, *std::move(record)};
    position_ = end;
    return item;
  }
  return std::optional<Item>();
}

}  // namespace freshet
