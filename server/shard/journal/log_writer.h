// Opens the pipeline's log and writes it, on a thread of its own: one sync for everything that was appended meanwhile.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/clock.h"
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
  // On the writer's thread.
  struct Handlers {
    // Once. Not OK: the log can never be opened (LOG_DAMAGED, UNAVAILABLE: another process writes it).
    std::function<void(absl::Status)> on_opened;
    // More is durable, or the state of the log has changed.
    std::function<void()> on_durable;
  };
  struct Status {
    std::string problem;  // empty: the log can be written
    uint64_t syncs = 0;
    uint64_t sync_micros_p99 = 0;  // of about the last thousand
  };

  // Begins. A disk that is full, or cannot be read now, is tried again every second.
  LogWriter(Options options, Handlers handlers);
  ~LogWriter();

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
  LogPosition revision_position() const { return revision_position_; }

 private:
  void Run();
  absl::Status OpenOnce();
  absl::Status LookThrough();
  // False: the writer ends.
  bool WaitForWork();
  bool Pause();
  void Tell(const absl::Status& status);
  void WriteOnce();

  const Options options_;
  const Handlers handlers_;
  std::unique_ptr<PipelineLog> log_;
  uint64_t journaled_ = 0;
  Epoch last_journaled_;
  bool load_journaled_ = false;
  SinkPositions sinks_;
  uint64_t history_ = 0;
  LogPosition revision_position_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  bool stop_ = false;
  bool work_ = false;
  std::string problem_;
  std::vector<uint64_t> sync_micros_;  // a ring
  uint64_t syncs_ = 0;
  std::thread thread_;
};

}  // namespace freshet
