#include "server/shard/journal/log_writer.h"

#include <chrono>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/storage/pipeline_log/log_reader.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

constexpr auto kRetry = std::chrono::milliseconds(1000);

bool Heals(const absl::Status& status) { return absl::IsResourceExhausted(status) || absl::IsUnavailable(status); }

absl::Status WithCode(const absl::Status& status) {
  std::string message(StdView(status.message()));
  if (absl::IsDataLoss(status)) return MakeError(ErrorCode::kLogDamaged, message);
  if (absl::IsUnimplemented(status)) return MakeError(ErrorCode::kUnsupported, message);
  return MakeError(ErrorCode::kUnavailable, message);
}

}  // namespace

void LogWriter::StartThread() {
  thread_ = std::thread([this] { Run(); });
}

LogWriter::~LogWriter() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LogWriter::Write() {
  std::lock_guard lock(mutex_);
  work_ = true;
  wake_.notify_one();
}

void LogWriter::Run() {
  while (true) {
    std::optional<std::chrono::milliseconds> pause = Step();
    std::unique_lock lock(mutex_);
    if (pause) {
      wake_.wait_for(lock, *pause, [this] { return stop_; });
    } else {
      wake_.wait(lock, [this] { return stop_ || work_; });
    }
    if (stop_) return;
  }
}

std::optional<std::chrono::milliseconds> LogWriter::Step() {
  absl::Status status;
  if (phase_ == Phase::kOpening) status = OpenOnce();
  if (phase_ == Phase::kWriting) status = WriteOnce();
  return status.ok() ? std::nullopt : std::optional(kRetry);
}

absl::Status LogWriter::OpenOnce() {
  absl::Status status = Open();
  if (Heals(status)) {
    Tell(status);
    return status;
  }
  phase_ = status.ok() ? Phase::kWriting : Phase::kFailed;
  if (status.ok()) Tell(status);
  handlers_.on_opened(status.ok() ? status : WithCode(status));
  return absl::OkStatus();
}

// Again after an error: from the begin, without what an earlier try held and counted.
absl::Status LogWriter::Open() {
  log_ = nullptr;
  journaled_ = 0;
  last_journaled_ = Epoch();
  load_journaled_ = false;
  sinks_.clear();
  changed_history_.reset();
  ASSIGN_OR_RETURN(log_, PipelineLog::Open(options_.log));
  return LookThrough();
}

// Which epochs are to be run again, and that they can be read.
absl::Status LogWriter::LookThrough() {
  const PipelineLogFound& found = log_->found();
  if (found.torn_bytes > 0) {
    spdlog::info("the log {} had {} bytes at its end that were never acknowledged; they are cut off",
                 options_.log.folder, found.torn_bytes);
  }
  history_ = found.history;
  revision_position_ = found.revision_position;
  if (found.revision != options_.revision) {
    ++history_;
    revision_position_ = log_->Append(RevisionRecord{options_.revision, history_}).end;
    Write();
    return absl::OkStatus();
  }
  LogReader reader(log_->disk(), log_->folder(), revision_position_, {LogRecordKind::kCut, LogRecordKind::kHistory});
  while (true) {
    ASSIGN_OR_RETURN(auto item, reader.Next(log_->durable()));
    if (!item) return absl::OkStatus();
    if (auto* history = std::get_if<HistoryRecord>(&item->record)) {
      changed_history_ = std::move(*history);
      continue;
    }
    const auto& cut = std::get<CutRecord>(item->record);
    ++journaled_;
    last_journaled_ = cut.epoch;
    load_journaled_ |= cut.loaded || !cut.load;
    MergeSinkPositions(cut.sinks, &sinks_);
  }
}

absl::Status LogWriter::WriteOnce() {
  {
    std::lock_guard lock(mutex_);
    if (!std::exchange(work_, false)) return absl::OkStatus();
  }
  const int64_t start = options_.clock->MonotonicMicros();
  absl::Status status = log_->WriteAndSync();
  Tell(status);
  if (!status.ok()) {
    handlers_.on_durable();  // its problem has changed
    Write();                 // what is queued stays so
    return status;
  }
  const int64_t micros = options_.clock->MonotonicMicros() - start;
  {
    std::lock_guard lock(mutex_);
    syncs_.Add(micros);
  }
  handlers_.on_durable();
  return absl::OkStatus();
}

void LogWriter::Tell(const absl::Status& status) {
  std::string problem;
  if (!status.ok()) {
    problem =
        fmt::format("the log cannot be written: {}; nothing is acknowledged until it can, tried again every second",
                    StdView(status.message()));
  }
  std::lock_guard lock(mutex_);
  if (problem == problem_) return;
  if (problem.empty()) {
    spdlog::info("the log {} can be written again", options_.log.folder);
  } else {
    spdlog::warn("{}", problem);
  }
  problem_ = std::move(problem);
}

LogWriter::Status LogWriter::status() const {
  Status status;
  RecentDurations syncs;
  {
    std::lock_guard lock(mutex_);
    status.problem = problem_;
    syncs = syncs_;
  }
  status.syncs = syncs.count();
  status.sync_micros_p99 = static_cast<uint64_t>(syncs.Quantile(0.99));
  return status;
}

}  // namespace freshet
