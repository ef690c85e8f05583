// What was acknowledged is never cut off as a torn tail: after each sync the file `durable` is told how far the log
// surely reaches (the mark), so everything before the mark must be readable and everything bad behind it was never
// acknowledged. The mark itself is not synced: an older one is a lower bound, too.
#include "server/storage/pipeline_log/pipeline_log.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/storage/crc32c.h"
#include "server/storage/failpoint.h"
#include "server/storage/pipeline_log/log_reader.h"
#include "server/transport/byte_coding.h"

namespace freshet {
namespace {

constexpr uint32_t kMarkMagic = 0x31304D46;  // "FM01"
constexpr size_t kMarkBytes = 4 + 8 + 1 + 8 + 4;

}  // namespace

PipelineLog::PipelineLog(PipelineLogOptions options)
    : options_(std::move(options)),
      machine_run_hash_(HashBytes(options_.machine_run.data(), options_.machine_run.size(), 0)) {}

PipelineLog::~PipelineLog() = default;

std::string PipelineLog::PathOf(uint64_t segment) const { return StrCat(options_.folder, "/", SegmentName(segment)); }

absl::StatusOr<std::unique_ptr<PipelineLog>> PipelineLog::Open(PipelineLogOptions options) {
  std::unique_ptr<PipelineLog> log(new PipelineLog(std::move(options)));
  const std::string& folder = log->options_.folder;
  RETURN_IF_ERROR(log->disk()->MakeFolder(folder));
  ASSIGN_OR_RETURN(log->lock_, log->disk()->Lock(StrCat(folder, "/lock")));
  ASSIGN_OR_RETURN(std::vector<std::string> names, log->disk()->List(folder));
  std::vector<uint64_t> segments;
  for (const std::string& name : names) {
    if (std::optional<uint64_t> start = ParseSegmentName(name)) segments.push_back(*start);
  }
  LogPosition marked;
  RETURN_IF_ERROR(log->ReadMark(&marked));
  RETURN_IF_ERROR(log->Recover(segments, marked));
  if (log->header_.generation >= log->options_.generation) {
    return absl::FailedPreconditionError(fmt::format("the log {} belongs to generation {}; this is generation {}",
                                                     folder, log->header_.generation.value(),
                                                     log->options_.generation.value()));
  }
  RETURN_IF_ERROR(log->CutTail(segments, log->end_));
  // The mark counts segments whose names are durable: an earlier process may have died before it made them so.
  if (log->options_.fsync) RETURN_IF_ERROR(log->disk()->SyncFolder(folder));
  RETURN_IF_ERROR(log->WriteMark(log->end_));
  if (log->options_.fsync) RETURN_IF_ERROR(log->mark_->Sync());
  log->durable_ = log->end_;
  log->Append(GenerationRecord{log->options_.generation});
  return log;
}

absl::Status PipelineLog::ReadMark(LogPosition* marked) {
  ASSIGN_OR_RETURN(mark_, disk()->Open(StrCat(options_.folder, "/durable"), Disk::Mode::kWrite));
  ASSIGN_OR_RETURN(std::string bytes, mark_->Read(0, kMarkBytes));
  ByteReader in(bytes);
  bool valid = in.Number<uint32_t>() == kMarkMagic;
  LogPosition position(in.Number<uint64_t>());
  bool synced = in.Number<uint8_t>() != 0;
  bool same_run = in.Number<uint64_t>() == machine_run_hash_;
  auto checksum = in.Number<uint32_t>();
  valid &= in.done() && checksum == Crc32c(std::string_view(bytes).substr(0, kMarkBytes - sizeof(checksum)));
  // A mark that a crash tore says nothing: then a bad record counts as torn, wherever it is.
  if (valid && (synced || same_run)) *marked = position;
  return absl::OkStatus();
}

absl::Status PipelineLog::WriteMark(uint64_t position) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.Number(kMarkMagic);
  out.Number(position);
  out.Flag(options_.fsync);
  out.Number(machine_run_hash_);
  out.Number(Crc32c(bytes));
  return mark_->Write(0, bytes);
}

// Finds where the log ends, and what its last records say. Changes nothing on the disk.
absl::Status PipelineLog::Recover(const std::vector<uint64_t>& segments, LogPosition marked) {
  if (segments.empty()) {
    if (marked == LogPosition()) return absl::OkStatus();
    return absl::DataLossError(
        fmt::format("the log {} has no segments, but reached to position {}; restore the folder "
                    "from a backup, or delete the pipeline",
                    options_.folder, marked.value()));
  }
  // What lies before the mark in older segments is looked at by who reads it. The last one tells generation and
  // history.
  size_t first = segments.size() - 1;
  while (first > 0 && segments[first] > marked.value()) --first;
  if (first > 0) --first;  // the header of that one may be torn
  uint64_t end = segments[first];
  absl::Status damage;
  for (size_t i = first; i < segments.size() && damage.ok(); ++i) {
    if (segments[i] != end) break;  // the one before ends too early, or too late
    ASSIGN_OR_RETURN(auto file, disk()->Open(PathOf(segments[i]), Disk::Mode::kRead));
    ASSIGN_OR_RETURN(uint64_t size, file->Size());
    ASSIGN_OR_RETURN(std::string header_bytes, file->Read(0, kSegmentHeaderBytes));
    auto header = DecodeSegmentHeader(header_bytes);
    if (absl::IsUnimplemented(header.status())) return header.status();
    if (header.ok() && header->start == segments[i]) header_ = *header;
    LogReader reader(disk(), options_.folder, LogPosition(segments[i]),
                     {LogRecordKind::kGeneration, LogRecordKind::kRevision, LogRecordKind::kRequest,
                      LogRecordKind::kCut, LogRecordKind::kHistory});
    // A segment of no bytes has no header either: read as damage at its start.
    const LogPosition segment_end(segments[i] + std::max<uint64_t>(size, 1));
    while (true) {
      auto item = reader.Next(segment_end);
      if (absl::IsDataLoss(item.status())) damage = item.status();
      if (!item.ok() && !absl::IsDataLoss(item.status())) return item.status();
      if (!item.ok() || !item->has_value()) break;
      Advance((*item)->record, (*item)->span.end, &header_);
    }
    end = damage.ok() ? segments[i] + size : reader.position().value();
  }
  if (end < marked.value()) {
    if (!damage.ok()) return damage;
    return absl::DataLossError(
        fmt::format("the log {} ends at position {}, but reached to {}; restore the folder from "
                    "a backup, or delete the pipeline",
                    options_.folder, end, marked.value()));
  }
  end_ = end;
  found_.revision = header_.revision;
  found_.revision_position = header_.revision_position;
  found_.history = header_.history;
  return absl::OkStatus();
}

// Makes the log end at `end`, durably: what is written there next must not meet remains of another time.
absl::Status PipelineLog::CutTail(const std::vector<uint64_t>& segments, uint64_t end) {
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    ASSIGN_OR_RETURN(auto file, disk()->Open(PathOf(*segment), Disk::Mode::kWrite));
    ASSIGN_OR_RETURN(uint64_t size, file->Size());
    if (*segment >= end) {  // nothing of it is good, not even the header
      found_.torn_bytes += size;
      RETURN_IF_ERROR(disk()->Remove(PathOf(*segment)));
      continue;
    }
    if (*segment + size > end) {
      found_.torn_bytes += *segment + size - end;
      RETURN_IF_ERROR(file->Truncate(end - *segment));
      HitFailpoint(Failpoint::kLogTailCut);
    }
    // Also what a killed process has written and not synced.
    if (options_.fsync) RETURN_IF_ERROR(file->Sync());
    file_ = std::move(file);
    file_segment_ = segment_ = *segment;
    found_.segments = static_cast<uint64_t>(segments.rend() - segment);
    metrics_.segments = found_.segments;
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

LogSpan PipelineLog::Append(const LogRecord& record) {
  std::string payload;
  EncodeLogRecord(record, &payload);
  const uint64_t bytes = kRecordHeaderBytes + payload.size();
  std::lock_guard lock(mutex_);
  const uint64_t queued_from = end_;
  const bool first = metrics_.segments == 0;
  if (first || (end_ - segment_ + bytes > options_.segment_bytes && end_ - segment_ > kSegmentHeaderBytes)) {
    segment_ = header_.start = end_;
    ++metrics_.segments;
    queue_.push_back({segment_, 0, EncodeSegmentHeader(header_)});
    end_ += kSegmentHeaderBytes;
  } else if (queue_.empty()) {
    queue_.push_back({segment_, end_ - segment_, {}});
  }
  LogSpan span{LogPosition(end_), LogPosition(end_ + bytes)};
  EncodeRecord(KindOf(record), payload, end_, &queue_.back().bytes);
  end_ = span.end.value();
  queued_bytes_ += end_ - queued_from;
  Advance(record, span.end, &header_);
  return span;
}

absl::Status PipelineLog::WriteAndSync() {
  {
    std::lock_guard lock(mutex_);
    for (Piece& piece : queue_) writing_.push_back(std::move(piece));
    queue_.clear();
  }
  if (writing_.empty()) return absl::OkStatus();
  absl::Status status = WriteGroup();
  if (!status.ok()) file_ = nullptr;  // opened anew, and written from the first of the pieces on
  std::lock_guard lock(mutex_);
  if (!status.ok()) {
    ++metrics_.failures;
    return status;
  }
  const Piece& last = writing_.back();
  const uint64_t end = last.segment + last.offset + last.bytes.size();
  metrics_.appended_bytes += end - durable_;
  queued_bytes_ -= end - durable_;
  ++metrics_.syncs;
  writing_.clear();
  durable_.store(end, std::memory_order_release);
  return absl::OkStatus();
}

absl::Status PipelineLog::WriteGroup() {
  HitFailpoint(Failpoint::kLogBeforeWrite);
  for (const Piece& piece : writing_) RETURN_IF_ERROR(WritePiece(piece));
  HitFailpoint(Failpoint::kLogBeforeSync);
  if (options_.fsync) RETURN_IF_ERROR(file_->Sync());
  if (std::exchange(new_name_, false) && options_.fsync) {
    if (absl::Status status = disk()->SyncFolder(options_.folder); !status.ok()) {
      new_name_ = true;
      return status;
    }
  }
  HitFailpoint(Failpoint::kLogAfterSync);
  const Piece& last = writing_.back();
  RETURN_IF_ERROR(WriteMark(last.segment + last.offset + last.bytes.size()));
  HitFailpoint(Failpoint::kLogAfterMark);
  return absl::OkStatus();
}

absl::Status PipelineLog::WritePiece(const Piece& piece) {
  if (file_ == nullptr || file_segment_ != piece.segment) RETURN_IF_ERROR(OpenSegment(piece));
  if (failpoints_armed && FailpointFires(Failpoint::kLogTornWrite)) {
    RETURN_IF_ERROR(file_->Write(piece.offset, std::string_view(piece.bytes).substr(0, piece.bytes.size() / 2)));
    Crash(Failpoint::kLogTornWrite);
  }
  return file_->Write(piece.offset, piece.bytes);
}

absl::Status PipelineLog::OpenSegment(const Piece& piece) {
  // A segment is whole on the disk before the next one has a name.
  if (file_ != nullptr && options_.fsync) RETURN_IF_ERROR(file_->Sync());
  ASSIGN_OR_RETURN(file_, disk()->Open(PathOf(piece.segment), Disk::Mode::kWrite));
  file_segment_ = piece.segment;
  // After a failed attempt it holds anything from there on; pages that could not be synced are written anew.
  RETURN_IF_ERROR(file_->Truncate(piece.offset));
  if (piece.offset == 0) {
    new_name_ = true;
    HitFailpoint(Failpoint::kLogSegmentMade);
  }
  return absl::OkStatus();
}

LogPosition PipelineLog::end() const {
  std::lock_guard lock(mutex_);
  return LogPosition(end_);
}

uint64_t PipelineLog::queued_bytes() const {
  std::lock_guard lock(mutex_);
  return queued_bytes_;
}

PipelineLogMetrics PipelineLog::metrics() const {
  std::lock_guard lock(mutex_);
  return metrics_;
}

}  // namespace freshet
