// Writes a pipeline's log: ingest requests and epoch cuts in one order, durable together. README.md has the format.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/storage/disk.h"
#include "server/storage/pipeline_log/log_record.h"
#include "server/storage/pipeline_log/log_segment.h"

namespace freshet {

struct PipelineLogOptions {
  Disk* disk = nullptr;  // outlives the log
  std::string folder;    // made if it is not there
  Generation generation;
  // false: what is written survives the death of processes, not of the machine.
  bool fsync = true;
  uint64_t segment_bytes = 64u << 20;
  // Names one run of the machine: what was written without fsync counts as durable as long as it lasts.
  std::string machine_run;
};

// What Open found.
struct PipelineLogFound {
  uint64_t torn_bytes = 0;  // not acknowledged, cut off
  uint64_t segments = 0;
  uint64_t revision = 0;          // of the last RevisionRecord; 0: none
  LogPosition revision_position;  // behind it
  uint64_t history = 0;           // the number that holds
};

struct PipelineLogMetrics {
  uint64_t appended_bytes = 0;
  uint64_t syncs = 0;
  uint64_t segments = 0;
  uint64_t failures = 0;  // of WriteAndSync
};

// Passive: no thread and no clock of its own. One thread (or scheduled step) calls WriteAndSync, any thread the rest.
class PipelineLog {
 public:
  // Takes the log's lock, checks its segments, cuts a torn tail off, and queues this generation's record. Errors:
  //   FAILED_PRECONDITION  another process holds the lock, or the log is of this or a later generation
  //   DATA_LOSS            what was durable is damaged: names segment and offset; nothing is changed
  //   UNIMPLEMENTED        the log is of a newer release
  static absl::StatusOr<std::unique_ptr<PipelineLog>> Open(PipelineLogOptions options);
  ~PipelineLog();

  // Queues a record, never blocks. Its span is final: records stand in the order of the calls.
  LogSpan Append(const LogRecord& record);
  // Writes what is queued, and syncs it. Error (RESOURCE_EXHAUSTED: the disk is full): nothing more became durable, and
  // what is queued stays; call again later. OK also if nothing was queued.
  absl::Status WriteAndSync();
  // Everything before it survives. Grows only within WriteAndSync.
  LogPosition durable() const { return LogPosition(durable_.load(std::memory_order_acquire)); }
  // Behind the last record appended.
  LogPosition end() const;
  // Memory that is held until it is durable. Callers that take input bound it.
  uint64_t queued_bytes() const;

  const PipelineLogFound& found() const { return found_; }
  PipelineLogMetrics metrics() const;
  const std::string& folder() const { return options_.folder; }
  Disk* disk() const { return options_.disk; }

 private:
  // What is queued for one segment, from an offset in it on.
  struct Piece {
    uint64_t segment = 0;  // its start
    uint64_t offset = 0;   // 0: makes the file
    std::string bytes;
  };

  explicit PipelineLog(PipelineLogOptions options);

  // Of Open.
  absl::Status ReadMark(LogPosition* marked);
  absl::Status Recover(const std::vector<uint64_t>& segments, LogPosition marked);
  absl::Status CutTail(const std::vector<uint64_t>& segments, uint64_t end);

  absl::Status WriteGroup();
  absl::Status WritePiece(const Piece& piece);
  absl::Status OpenSegment(const Piece& piece);
  absl::Status WriteMark(uint64_t position);
  std::string PathOf(uint64_t segment) const;

  const PipelineLogOptions options_;
  const uint64_t machine_run_hash_;
  std::unique_ptr<DiskLock> lock_;
  PipelineLogFound found_;
  std::atomic<uint64_t> durable_ = 0;

  mutable std::mutex mutex_;  // of what follows
  std::deque<Piece> queue_;
  uint64_t end_ = 0;
  uint64_t segment_ = 0;  // that is appended to
  uint64_t queued_bytes_ = 0;
  SegmentHeader header_;  // what the next segment's header says
  PipelineLogMetrics metrics_;

  // Of the thread that writes.
  std::deque<Piece> writing_;  // taken from the queue, not durable yet
  std::unique_ptr<DiskFile> file_;
  uint64_t file_segment_ = 0;
  bool new_name_ = false;  // the file's name may not be durable
  std::unique_ptr<DiskFile> mark_;
};

}  // namespace freshet
