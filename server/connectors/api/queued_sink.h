// The sink of a shard over a writer that does I/O: takes epochs from the compute thread, hands those that are released
// to the writer, and bounds what waits. The writer runs on a thread of the sink's own or, in a simulation, in Step.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "server/connectors/api/sink_connector.h"
#include "server/connectors/api/sink_writer.h"

namespace freshet {

class QueuedSink final : public ConnectorSink {
 public:
  struct Options {
    std::string name;
    std::string from;
    std::string connector;
    uint64_t buffer_bytes = 64u << 20;
    std::function<void()> wake;
    const Clock* clock = nullptr;
    // How often positions are told: each of them costs a line in the journal.
    int64_t positions_interval_micros = 200'000;
  };

  QueuedSink(Options options, std::unique_ptr<SinkWriter> writer);
  ~QueuedSink() override;

  // Without it somebody calls Step.
  void StartThread();
  // Works on what waits. How long to wait until the next call unless something comes, in milliseconds; 0: call again.
  int64_t Step(int wait_ms);

  void Start(const SinkStart& start) override;
  void Write(const DeltaBatch& batch) override;
  void Prepare(Epoch epoch) override;
  void Commit(Epoch epoch, bool finished) override;
  bool HasRoom() const override { return buffered_bytes_ <= options_.buffer_bytes; }
  bool Drained() const override;
  SinkPartitions TakePositions() override;
  absl::Status Health() const override;
  v1::SinkStatus Status() const override;

 private:
  void Run();
  void DropDone();
  // Hands released epochs over, as many as the writer should have at a time.
  bool Feed();
  absl::Status Work(int wait_ms);
  // True: something got further.
  bool TakeProgress();
  int64_t After(const absl::Status& status);
  // Whether there is something to do beside what the writer has. Under the mutex, on the writer's thread.
  bool HasMore() const;

  const Options options_;
  const std::unique_ptr<SinkWriter> writer_;

  // The compute thread's.
  SinkEpoch writing_;
  int64_t positions_told_micros_ = INT64_MIN / 2;

  // The writer's thread's.
  bool open_ = false;
  bool finished_writing_ = false;
  std::deque<std::pair<Epoch, uint64_t>> in_writer_;  // epochs with their bytes
  uint64_t writer_bytes_ = 0;

  std::atomic<uint64_t> buffered_bytes_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  bool stop_ = false;
  std::optional<SinkStart> start_;
  std::deque<SinkEpoch> prepared_;
  Epoch done_before_;  // what comes up to here is written already
  Epoch committed_;
  bool finished_ = false;
  bool drained_ = true;
  uint64_t epochs_waiting_ = 0;
  SinkProgress progress_;
  std::string message_;
  absl::Status health_;
  std::thread thread_;
};

}  // namespace freshet
