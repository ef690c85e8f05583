// Opens the pipeline's log and writes it: one sync for everything that was appended meanwhile. On a thread of its own
// or, in a simulation, in Step.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "engine/runtime/recent_durations.h"
#include "server/storage/pipeline_log/pipeline_log.h"

namespace freshet {

class LogWriter {
 public:
  struct Options {
    PipelineLogOptions log;
    // The revision whose input the pipeline goes on with: only its cuts are run again.
    uint64_t revision = 0;
    const Clock* clock = nullptr;  // outlives the writer
  };
  // In Step.
  struct Handlers {
    // Once. Not OK: the log can never be opened (LOG_DAMAGED, UNAVAILABLE: another process writes it).
    std::function<void(absl::Status)> on_opened;
    // More is durable, or the state of the log has changed.
    std::function<void()> on_durable;
  };
  struct Status {
    std::string problem;  // empty: the log can be written
    uint64_t syncs = 0;
    uint64_t sync_micros_p99 = 0;  // of the last thousand
  };

  LogWriter(Options options, Handlers handlers) : options_(std::move(options)), handlers_(std::move(handlers)) {}
  ~LogWriter();

  // Without it somebody calls Step.
  void StartThread();
  // Opens the log, later writes what was appended. A value: the disk is full, or cannot be used now; call it again when
  // so much time has passed. None: call it again after Write.
  std::optional<std::chrono::milliseconds> Step();

  // Something was appended: it is written soon. Any thread.
  void Write();
  Status status() const;

  // After on_opened.
  PipelineLog* log() { return log_.get(); }
  // The journaled epochs of the revision at the start: their number, the last of them, and whether the load was over.
  uint64_t journaled() const { return journaled_; }
  Epoch last_journaled() const { return last_journaled_; }
  bool load_journaled() const { return load_journaled_; }
  // How far the sinks got, as all of them say together.
  const SinkPositions& sinks() const { return sinks_; }
  // Grows when what was shown may not come again.
  uint64_t history() const { return history_; }
  // The revision's last history record: sources gave other records than its cuts say.
  const std::optional<HistoryRecord>& changed_history() const { return changed_history_; }
  LogPosition revision_position() const { return revision_position_; }

 private:
  enum class Phase : uint8_t { kOpening, kWriting, kFailed };

  void Run();
  absl::Status Open();
  absl::Status LookThrough();
  // These two: not OK, it heals.
  absl::Status OpenOnce();
  absl::Status WriteOnce();
  void Tell(const absl::Status& status);

  const Options options_;
  const Handlers handlers_;
  Phase phase_ = Phase::kOpening;  // of Step
  std::unique_ptr<PipelineLog> log_;
  uint64_t journaled_ = 0;
  Epoch last_journaled_;
  bool load_journaled_ = false;
  SinkPositions sinks_;
  uint64_t history_ = 0;
  std::optional<HistoryRecord> changed_history_;
  LogPosition revision_position_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  bool stop_ = false;
  bool work_ = false;
  std::string problem_;
  RecentDurations syncs_;
  std::thread thread_;
};

}  // namespace freshet
