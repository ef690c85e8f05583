// Whether a record is above the limit, and what is done about it, must not depend on where blocks end. So a record is
// too large by its first line alone: that line is dropped and kept in mind by its head. A quoted record that spans
// lines and passes the limit has most likely a quote that was never closed; its first line is a bad record and the
// lines after it are read on.
#include "server/formats/api/record_buffer.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

// A line end of two bytes that may stand behind a record of the largest size.
constexpr size_t kLineEndBytes = 2;

constexpr std::string_view kOpenQuote = "a quote is not closed, or stands where none can";

}  // namespace

RecordBuffer::RecordBuffer(const Framer* framer, size_t max_record_bytes)
    : framer_(framer), max_record_bytes_(max_record_bytes) {}

void RecordBuffer::Restart(int64_t offset, int64_t lines) {
  begin_ = end_ = 0;
  last_ = false;
  offset_ = offset;
  lines_ = lines;
  dropping_ = false;
  dropped_ = 0;
}

std::span<char> RecordBuffer::Prepare(size_t bytes) {
  if (begin_ > 0) {
    std::memmove(memory_.data(), memory_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  size_t needed = end_ + bytes + kRecordPadding;
  if (memory_.size() < needed) {
    memory_.resize(std::max(needed, memory_.size() * 2));
  } else if (memory_.size() > 4 * needed) {
    memory_.resize(needed);  // after a record of many megabytes
    memory_.shrink_to_fit();
  }
  return {memory_.data() + end_, memory_.size() - kRecordPadding - end_};
}

void RecordBuffer::Commit(size_t bytes) {
  CHECK(end_ + bytes + kRecordPadding <= memory_.size());
  end_ += bytes;
}

void RecordBuffer::Pass(int64_t offset) {
  if (dropping_ || offset <= offset_) return;
  const size_t bytes = std::min(end_ - begin_, static_cast<size_t>(offset - offset_));
  const RecordStretch stretch = framer_->Pass({memory_.data() + begin_, bytes});
  Advance(stretch.bytes, stretch.newlines);
}

StreamRecord RecordBuffer::Start() const {
  StreamRecord record;
  record.offset = offset_;
  record.line = lines_ + 1;
  return record;
}

StreamRecord RecordBuffer::TooLarge(std::string_view head, uint64_t size) {
  StreamRecord record = Start();
  record.bad = true;
  record.record = {head.substr(0, kDeadLetterBytes), false};
  rejection_ = {ErrorCode::kRecordTooLarge,
                StrCat("the record has ", size, " bytes; max_record_bytes is ", max_record_bytes_)};
  return record;
}

StreamRecord RecordBuffer::BadLine(std::string_view message) {
  std::string_view bytes(memory_.data() + begin_, end_ - begin_);
  size_t newline = bytes.find('\n');
  size_t line = std::min(newline, bytes.size());
  size_t size = line > 0 && bytes[line - 1] == '\r' ? line - 1 : line;
  StreamRecord record;
  if (size > max_record_bytes_) {
    record = TooLarge(bytes, size);
  } else {
    record = Start();
    record.bad = true;
    record.record = {bytes.substr(0, std::min(size, kDeadLetterBytes)), false};
    rejection_ = {ErrorCode::kMalformedRecord, std::string(message)};
  }
  bool ended = newline != std::string_view::npos;
  Advance(ended ? line + 1 : line, ended ? 1 : 0);
  return record;
}

std::optional<StreamRecord> RecordBuffer::Drop() {
  std::string_view bytes(memory_.data() + begin_, end_ - begin_);
  size_t newline = bytes.find('\n');
  bool ended = newline != std::string_view::npos;
  size_t size = ended ? newline : bytes.size();
  if (size > 0) dropped_cr_ = bytes[size - 1] == '\r';
  begin_ += size;
  dropped_ += size;
  if (!ended && !last_) return std::nullopt;
  StreamRecord record = TooLarge(head_, dropped_ - (dropped_cr_ ? 1 : 0));
  offset_ += static_cast<int64_t>(dropped_);
  dropping_ = false;
  dropped_ = 0;
  if (ended) Advance(1, 1);
  return record;
}

std::optional<StreamRecord> RecordBuffer::NextOfAnyKind() {
  while (true) {
    if (dropping_) return Drop();
    if (begin_ == end_) return std::nullopt;
    std::string_view bytes(memory_.data() + begin_, end_ - begin_);
    RecordFrame frame = framer_->Next(bytes, last_);
    if (frame.kind == RecordFrame::Kind::kBlank) {
      Advance(frame.next, frame.newlines);
      continue;
    }
    if (frame.kind == RecordFrame::Kind::kBad) return BadLine(frame.message);
    if (frame.kind == RecordFrame::Kind::kIncomplete) {
      if (bytes.size() <= max_record_bytes_ + kLineEndBytes) return std::nullopt;
      if (bytes.find('\n') != std::string_view::npos) return BadLine(kOpenQuote);
      dropping_ = true;
      head_ = std::string(bytes.substr(0, kDeadLetterBytes));
      continue;
    }
    if (frame.size > max_record_bytes_) return BadLine(kOpenQuote);
    StreamRecord record = Start();
    record.record = {bytes.substr(0, frame.size), frame.plain};
    Advance(frame.next, frame.newlines);
    return record;
  }
}

}  // namespace freshet
