#include "server/connectors/api/queued_sink.h"

#include <algorithm>
#include <chrono>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

// What the writer has at a time, at least an epoch: the rest waits as columns, which take less than records.
constexpr uint64_t kWriterBytes = 8u << 20;
constexpr int64_t kRetryMillis = 1000;
constexpr int64_t kForeverMillis = 3'600'000;

bool Heals(const absl::Status& status) { return absl::IsUnavailable(status) || absl::IsResourceExhausted(status); }

}  // namespace

QueuedSink::QueuedSink(Options options, std::unique_ptr<SinkWriter> writer)
    : options_(std::move(options)), writer_(std::move(writer)) {}

QueuedSink::~QueuedSink() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void QueuedSink::StartThread() {
  thread_ = std::thread([this] { Run(); });
}

void QueuedSink::Run() {
  while (true) {
    int64_t wait_ms = Step(50);
    std::unique_lock lock(mutex_);
    if (stop_) return;
    if (wait_ms == 0) continue;
    work_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                   [&] { return stop_ || (message_.empty() && health_.ok() && HasMore()); });
    if (stop_) return;
  }
}

void QueuedSink::Start(const SinkStart& start) {
  Epoch done = writer_->DoneBefore(start);
  {
    std::lock_guard lock(mutex_);
    done_before_ = done;
    start_ = start;
  }
  work_.notify_one();
}

void QueuedSink::Write(const DeltaBatch& batch) {
  uint64_t bytes = BatchBytes(batch);
  writing_.bytes += bytes;
  writing_.batches.push_back(batch);
  buffered_bytes_ += bytes;
}

void QueuedSink::Prepare(Epoch epoch) {
  SinkEpoch prepared = std::exchange(writing_, {});
  prepared.epoch = epoch;
  std::lock_guard lock(mutex_);
  if (epoch <= done_before_) {
    buffered_bytes_ -= prepared.bytes;
    return;
  }
  prepared_.push_back(std::move(prepared));
  ++epochs_waiting_;
  drained_ = false;
}

void QueuedSink::Commit(Epoch epoch, bool finished) {
  {
    std::lock_guard lock(mutex_);
    committed_ = epoch;
    if (finished && !finished_) {
      finished_ = true;
      drained_ = false;
    }
    if (drained_) return;
  }
  work_.notify_one();
}

bool QueuedSink::Drained() const {
  std::lock_guard lock(mutex_);
  return drained_;
}

SinkPartitions QueuedSink::TakePositions() {
  int64_t now = options_.clock->MonotonicMicros();
  if (now - positions_told_micros_ < options_.positions_interval_micros) return {};
  std::lock_guard lock(mutex_);
  if (progress_.positions.empty()) return {};
  positions_told_micros_ = now;
  return std::exchange(progress_.positions, {});
}

absl::Status QueuedSink::Health() const {
  std::lock_guard lock(mutex_);
  return health_;
}

v1::SinkStatus QueuedSink::Status() const {
  v1::SinkStatus status;
  status.set_sink(options_.name);
  status.set_from(options_.from);
  status.set_connector(options_.connector);
  status.set_buffered_bytes(buffered_bytes_);
  std::lock_guard lock(mutex_);
  status.set_rows(progress_.records);
  status.set_bytes(progress_.bytes);
  status.set_epoch(progress_.done.value());
  status.set_epochs_behind(epochs_waiting_);
  status.set_message(message_);
  return status;
}

int64_t QueuedSink::Step(int wait_ms) {
  {
    std::lock_guard lock(mutex_);
    if (!health_.ok()) return kForeverMillis;
  }
  return After(Work(wait_ms));
}

absl::Status QueuedSink::Work(int wait_ms) {
  if (!open_) {
    SinkStart start;
    {
      std::lock_guard lock(mutex_);
      if (!start_) return absl::OkStatus();
      start = *start_;
    }
    absl::Status status = writer_->Open(start);
    if (!status.ok()) return status;
    open_ = true;
    DropDone();
  }
  bool fed = Feed();
  if (writer_->HasWork() || fed || options_.clock->MonotonicMicros() >= writer_->NextWakeMicros()) {
    absl::Status status = writer_->Step(wait_ms);
    if (TakeProgress()) options_.wake();
    return status;
  }
  bool finish = false;
  {
    std::lock_guard lock(mutex_);
    finish = finished_ && !finished_writing_ && prepared_.empty();
  }
  if (finish) {
    absl::Status status = writer_->Finish();
    if (!status.ok()) return status;
    finished_writing_ = true;
    TakeProgress();
    options_.wake();
  }
  return absl::OkStatus();
}

int64_t QueuedSink::After(const absl::Status& status) {
  bool more = open_ && writer_->HasWork();
  int64_t next_micros = open_ ? writer_->NextWakeMicros() : INT64_MAX;
  std::lock_guard lock(mutex_);
  if (status.ok()) {
    if (!message_.empty()) {
      spdlog::info("sink {}: goes on", options_.name);
      options_.wake();
    }
    message_.clear();
    if (more || HasMore()) return 0;
    if (next_micros == INT64_MAX) return kForeverMillis;
    int64_t wait = (next_micros - options_.clock->MonotonicMicros()) / 1000 + 1;
    return std::clamp<int64_t>(wait, 1, kForeverMillis);
  }
  std::string told = StrCat("sink ", options_.name, ": ", StdView(status.message()));
  if (Heals(status)) {
    if (message_.empty()) spdlog::warn("{}; trying again", told);
    if (message_ != StdView(status.message())) options_.wake();
    message_ = std::string(status.message());
    return kRetryMillis;
  }
  health_ = absl::Status(status.code(), AbslView(told));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { health_.SetPayload(url, payload); });
  options_.wake();
  return kForeverMillis;
}

// What is written already need not wait: a replay would pile it up.
void QueuedSink::DropDone() {
  TakeProgress();
  uint64_t freed = 0;
  std::lock_guard lock(mutex_);
  done_before_ = std::max(done_before_, progress_.done);
  for (; !prepared_.empty() && prepared_.front().epoch <= done_before_; prepared_.pop_front(), --epochs_waiting_) {
    freed += prepared_.front().bytes;
  }
  buffered_bytes_ -= freed;
  drained_ = prepared_.empty() && (!finished_ || finished_writing_);
}

bool QueuedSink::HasMore() const {
  if (!open_) return start_.has_value();
  if (prepared_.empty()) return finished_ && !finished_writing_;
  return writer_bytes_ < kWriterBytes && prepared_.front().epoch <= committed_;
}

bool QueuedSink::Feed() {
  bool fed = false;
  while (writer_bytes_ < kWriterBytes) {
    SinkEpoch epoch;
    {
      std::lock_guard lock(mutex_);
      if (prepared_.empty() || committed_ < prepared_.front().epoch) break;
      epoch = std::move(prepared_.front());
      prepared_.pop_front();
    }
    in_writer_.emplace_back(epoch.epoch, epoch.bytes);
    writer_bytes_ += epoch.bytes;
    writer_->Add(std::move(epoch));
    fed = true;
  }
  return fed;
}

bool QueuedSink::TakeProgress() {
  SinkProgress progress = writer_->TakeProgress();
  uint64_t freed = 0, epochs = 0;
  for (; !in_writer_.empty() && in_writer_.front().first <= progress.done; in_writer_.pop_front(), ++epochs) {
    freed += in_writer_.front().second;
  }
  writer_bytes_ -= freed;
  buffered_bytes_ -= freed;
  std::lock_guard lock(mutex_);
  epochs_waiting_ -= epochs;
  progress_.done = progress.done;
  progress_.records = progress.records;
  progress_.bytes = progress.bytes;
  for (auto& [partition, position] : progress.positions) progress_.positions[partition] = position;
  bool was_drained = drained_;
  drained_ = in_writer_.empty() && prepared_.empty() && (!finished_ || finished_writing_);
  return epochs > 0 || drained_ != was_drained;
}

}  // namespace freshet
