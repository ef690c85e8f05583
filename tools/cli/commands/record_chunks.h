// Cuts a stream of rows into requests at the ends of records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace freshet {

enum class ChunkFormat { kNdjson, kJson, kCsv };

struct Chunk {
  std::string body;        // CSV: with the header of the stream in front
  int64_t offset = 0;      // in the stream, of its first record
  int64_t line_shift = 0;  // what a line of the body is to be counted up by
};

class RecordChunks {
 public:
  // `file`: an open descriptor, the caller's. A JSON array is one chunk. A chunk is shorter than `chunk_bytes` where
  // the stream gives nothing more at the moment.
  RecordChunks(int file, ChunkFormat format, size_t chunk_bytes)
      : file_(file), format_(format), chunk_bytes_(chunk_bytes) {}

  // No value: the end. Error: the file cannot be read, or a record is larger than a request may be.
  absl::StatusOr<std::optional<Chunk>> Next();

 private:
  // Up to which byte whole records stand in the buffer; 0: no whole one.
  size_t WholeRecords() const;
  absl::Status ReadMore();
  bool MoreIsThere() const;

  const int file_;
  const ChunkFormat format_;
  const size_t chunk_bytes_;
  std::string buffer_;
  bool end_ = false;
  bool header_read_ = false;
  std::string header_;  // CSV: with its line end
  int64_t header_lines_ = 0;
  int64_t offset_ = 0;
  int64_t lines_ = 0;  // before the buffer
};

}  // namespace freshet
