#include "tools/cli/commands/record_chunks.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr size_t kReadBytes = 256 << 10;
// What a server takes by default (setting http.request_bytes_max).
constexpr size_t kRequestBytesMax = 16 << 20;

int64_t CountLines(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

// Behind the first line end that stands outside of quotes; 0: there is none.
size_t EndOfCsvRecord(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\n' && !quoted) return i + 1;
  }
  return 0;
}

}  // namespace

size_t RecordChunks::WholeRecords() const {
  if (end_) return buffer_.size();
  if (format_ == ChunkFormat::kJson) return 0;
  if (format_ == ChunkFormat::kNdjson) {
    size_t newline = buffer_.rfind('\n');
    return newline == std::string::npos ? 0 : newline + 1;
  }
  size_t whole = 0;
  while (size_t record = EndOfCsvRecord(std::string_view(buffer_).substr(whole))) whole += record;
  return whole;
}

absl::Status RecordChunks::ReadMore() {
  size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  ssize_t got = 0;
  do {
    got = ::read(file_, buffer_.data() + before, kReadBytes);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) {
    return MakeError(ErrorCode::kFileUnreadable, StrCat("cannot read the rows: ", std::strerror(errno)));
  }
  end_ = got == 0;
  return absl::OkStatus();
}

// A stream that comes slowly is sent as it comes.
bool RecordChunks::MoreIsThere() const {
  pollfd waiting{file_, POLLIN, 0};
  return ::poll(&waiting, 1, 0) != 0;
}

absl::StatusOr<std::optional<Chunk>> RecordChunks::Next() {
  size_t whole = 0;
  while (true) {
    while (!end_ && (buffer_.size() < chunk_bytes_ || format_ == ChunkFormat::kJson)) {
      if (WholeRecords() > 0 && !MoreIsThere()) break;
      if (absl::Status status = ReadMore(); !status.ok()) return status;
      if (buffer_.size() > kRequestBytesMax && format_ == ChunkFormat::kJson) break;
    }
    if (format_ == ChunkFormat::kCsv && !header_read_) {
      size_t header = EndOfCsvRecord(buffer_);
      if (header == 0 && end_) header = buffer_.size();
      header_ = buffer_.substr(0, header);
      header_lines_ = CountLines(header_);
      header_read_ = header > 0;
      buffer_.erase(0, header);
      offset_ += static_cast<int64_t>(header);
      lines_ += header_lines_;
    }
    whole = WholeRecords();
    if (whole > 0 || (end_ && buffer_.empty())) break;
    if (buffer_.size() > kRequestBytesMax) {
      return MakeError(
          ErrorCode::kRequestTooLarge,
          StrCat("the record at line ", lines_ + 1, " is larger than a request, which has at most ", kRequestBytesMax,
                 format_ == ChunkFormat::kJson ? " bytes; send JSON lines instead of an array" : " bytes"));
    }
    if (absl::Status status = ReadMore(); !status.ok()) return status;
  }
  if (whole == 0) return std::optional<Chunk>();
  Chunk chunk;
  chunk.body = StrCat(header_, std::string_view(buffer_).substr(0, whole));
  chunk.offset = offset_;
  chunk.line_shift = lines_ - header_lines_;
  lines_ += CountLines(std::string_view(buffer_).substr(0, whole));
  offset_ += static_cast<int64_t>(whole);
  buffer_.erase(0, whole);
  return std::optional<Chunk>(std::move(chunk));
}

}  // namespace freshet
