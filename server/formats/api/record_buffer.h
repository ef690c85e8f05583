// Cuts a stream of blocks into records, with bounded memory whatever the stream: carries a record over from block to
// block, drops what is longer than the limit, and knows offsets and lines.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/formats/api/format.h"

namespace freshet {

// Bytes of a record that a dead letter keeps.
inline constexpr size_t kDeadLetterBytes = 1024;

// The next thing in a stream.
struct StreamRecord {
  bool bad = false;    // broken framing: RecordBuffer::rejection says why
  RecordText record;   // bad: at most its first kDeadLetterBytes
  int64_t offset = 0;  // of its first byte
  int64_t line = 0;    // of its first byte, from 1
};

class RecordBuffer {
 public:
  // `framer` outlives the buffer.
  RecordBuffer(const Framer* framer, size_t max_record_bytes);

  // Forgets everything and goes on at a record's start. `lines`: newlines before it.
  void Restart(int64_t offset, int64_t lines);

  // Room for at least `bytes` more of the stream; Commit says how many were written there. Records given out before are
  // gone.
  std::span<char> Prepare(size_t bytes);
  void Commit(size_t bytes);
  // Nothing follows (or, with false, more may follow again).
  void SetLast(bool last) { last_ = last; }

  // The next record, valid until Prepare; no value: more bytes are needed, or nothing is left.
  std::optional<StreamRecord> Next() {
    if (dropping_ || begin_ == end_) return NextOfAnyKind();
    const RecordFrame frame = framer_->Next({memory_.data() + begin_, end_ - begin_}, last_);
    if (frame.kind != RecordFrame::Kind::kRecord || frame.size > max_record_bytes_) return NextOfAnyKind();
    StreamRecord record;
    record.record = {std::string_view(memory_.data() + begin_, frame.size), frame.plain};
    record.offset = offset_;
    record.line = lines_ + 1;
    Advance(frame.next, frame.newlines);
    return record;
  }

  // Passes records that end at or before `offset` of the stream, as far as that is faster than Next.
  void Pass(int64_t offset);

  // Why the bad record given out last is bad.
  const Rejection& rejection() const { return rejection_; }

  // After the record given out last, blank lines behind it included.
  int64_t offset() const { return offset_; }
  int64_t lines() const { return lines_; }
  // Where the bytes of the next Prepare begin in the stream.
  int64_t read_offset() const { return offset_ + static_cast<int64_t>(dropped_) + static_cast<int64_t>(end_ - begin_); }

 private:
  void Advance(size_t bytes, uint32_t newlines) {
    begin_ += bytes;
    offset_ += static_cast<int64_t>(bytes);
    lines_ += newlines;
  }
  // What Next does where no whole record comes next.
  std::optional<StreamRecord> NextOfAnyKind();
  std::optional<StreamRecord> Drop();
  StreamRecord BadLine(std::string_view message);
  StreamRecord TooLarge(std::string_view head, uint64_t size);
  StreamRecord Start() const;

  const Framer* framer_;
  size_t max_record_bytes_;
  std::string memory_;  // [begin_, end_) is the stream's next bytes; kRecordPadding more follow
  size_t begin_ = 0;
  size_t end_ = 0;
  bool last_ = false;
  Rejection rejection_;
  int64_t offset_ = 0;
  int64_t lines_ = 0;
  // A record above the limit whose end has not come: its head, and the bytes of it that were dropped.
  bool dropping_ = false;
  std::string head_;
  uint64_t dropped_ = 0;
  bool dropped_cr_ = false;  // the last byte dropped was a carriage return
};

}  // namespace freshet
