// Reads the records of a log in order, while it is written or after.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/storage/disk.h"
#include "server/storage/pipeline_log/log_record.h"

namespace freshet {

// One thread at a time; each reader has a place of its own.
class LogReader {
 public:
  struct Item {
    LogSpan span;
    LogRecord record;
  };

  // Reads records of these kinds from `from` on: a position between two records, or 0.
  LogReader(Disk* disk, std::string folder, LogPosition from, std::initializer_list<LogRecordKind> kinds);
  ~LogReader();

  // The next record that ends at or before `until`, which is durable; no value: there is none (yet). DATA_LOSS: the log
  // is damaged there; names segment and offset.
  absl::StatusOr<std::optional<Item>> Next(LogPosition until);
  // Where it goes on.
  LogPosition position() const { return LogPosition(position_); }

 private:
  absl::Status OpenSegment();
  // The bytes at `position_ + skip`, from the buffer or the file; shorter only at the end of the segment.
  absl::StatusOr<std::string_view> Bytes(uint64_t skip, uint64_t size);
  absl::Status Damaged(std::string_view what) const;

  Disk* const disk_;
  const std::string folder_;
  uint32_t kinds_ = 0;  // bit per kind
  uint64_t position_;
  std::unique_ptr<DiskFile> file_;
  uint64_t segment_ = 0;
  uint64_t segment_end_ = 0;  // the start of the next one; 0: the last as far as known
  std::string buffer_;
  uint64_t buffer_position_ = 0;
};

}  // namespace freshet
