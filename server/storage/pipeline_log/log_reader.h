// Reads the records of a log in order, while it is written or after.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
  // The segment that position_ lies in; steps over its header. Not there: file_ stays nullptr.
  absl::Status OpenSegment();
  // The bytes at position_ + skip; fewer only at the end of the segment's file. Valid until the next call.
  absl::StatusOr<std::string_view> Bytes(uint64_t skip, uint64_t size);
  absl::Status Damaged(std::string_view what) const;

  Disk* const disk_;
  const std::string folder_;
  uint32_t kinds_ = 0;  // a bit a kind
  uint64_t position_;
  std::unique_ptr<DiskFile> file_;
  uint64_t segment_ = 0;
  std::string buffer_;
  uint64_t buffer_position_ = 0;
};

}  // namespace freshet
