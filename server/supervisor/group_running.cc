// What a group does while its generation runs; group.cc has its beginning and end.
#include <algorithm>

#include "boost/asio/post.hpp"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/supervisor/group.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

constexpr uint32_t kPingsPerTimeout = 4;
// A link between shards broke and no process ended: after so long it is a failure by itself.
constexpr auto kLostLink = milliseconds(2000);
constexpr auto kKeepInterval = milliseconds(250);

}  // namespace

void Group::OnMessage(uint32_t shard, v1::FromShard message) {
  switch (message.message_case()) {
    case v1::FromShard::kHello:
      break;  // again: nothing to say
    case v1::FromShard::kExtents:
      if (shard == 0) OnExtents(message.extents());
      break;
    case v1::FromShard::kRead:
      reads_.OnResponse(shard, std::move(*message.mutable_read()));
      break;
    case v1::FromShard::kReport:
      shards_[shard].report = std::move(*message.mutable_report());
      was_loaded_ |= shards_[shard].report->recovering();
      AdoptReached();
      environment_.on_change(uid_, /*now=*/false);
      break;
    case v1::FromShard::kCommitted:
      if (shard == 0) OnCommitted(message.committed());
      break;
    case v1::FromShard::kFailure:
      OnShardFailure(shard, message.failure());
      break;
    case v1::FromShard::kPong:
      shards_[shard].unanswered = 0;
      break;
    case v1::FromShard::kEpochs:
      if (shard == 0) OnEpochsWanted();
      break;
    case v1::FromShard::kIngest:
      if (shard == 0) ingest_.OnAnswer(std::move(*message.mutable_ingest()));
      break;
    case v1::FromShard::MESSAGE_NOT_SET:
      break;
  }
}

void Group::OnExtents(const v1::SourceExtents& extents) {
  // Durable before any shard reads by them: a restart reads the same.
  environment_.launcher->Post([self = shared_from_this(), extents, generation = start_.generation,
                               extents_revision = pipeline_.revision->extents_revision()] {
    absl::Status status = self->environment_.catalog->SetExtents(self->uid_, extents_revision, extents);
    auto pipeline = self->environment_.catalog->FindUid(self->uid_);
    boost::asio::post(*self->environment_.io, [self, status, pipeline, generation] {
      if (self->phase_ != Phase::kRunning || self->start_.generation != generation) return;
      if (!status.ok()) {
        self->Fail({std::string(status.message()), std::string(InfoOf(CodeOf(status)).name)});
        return;
      }
      self->pipeline_.extents = pipeline->extents;
      v1::ToShard message;
      *message.mutable_extents() = *pipeline->extents;
      self->SendAll(message);
      // A shard that says hello after this gets them with its start.
    });
  });
}

void Group::OnCommitted(const v1::Committed& committed) {
  epoch_ = std::max(epoch_, committed.epoch());
  if (committed.load_complete() != reached_.load_complete() || committed.finished() != reached_.finished()) {
    reached_.set_epoch(committed.epoch());
    reached_.set_load_complete(committed.load_complete());
    reached_.set_finished(committed.finished());
  }
  rows_ = committed.rows();
  if (committed.load_complete()) window_.OnCommit(committed.epoch(), environment_.clock->MonotonicMicros());
  if (!keeping_ && phase_ == Phase::kRunning) {
    keeping_ = true;
    After(keep_timer_, kKeepInterval, &Group::KeepEpochs);
  }
  environment_.on_change(uid_, /*now=*/false);
  AdoptReached();
  ingest_.OnCommitted(committed.ingest());
  if (loaded_) environment_.on_commit(uid_);
}

// The state changes once all shards have told what they have at that commit: who sees RUNNING or COMPLETED sees the
// numbers of rows with it.
void Group::AdoptReached() {
  if (reached_.load_complete() == loaded_ && reached_.finished() == finished_) return;
  for (const Shard& shard : shards_) {
    if (!shard.report || shard.report->epoch() < reached_.epoch()) return;
  }
  loaded_ = reached_.load_complete();
  finished_ = reached_.finished();
  if (loaded_ && !std::exchange(was_loaded_, true)) SaveLoaded();
  if (loaded_) {
    last_failure_ = std::nullopt;
  }
  environment_.on_change(uid_, /*now=*/true);
}

void Group::KeepEpochs() {
  v1::ToShard message;
  uint64_t oldest = window_.Oldest(environment_.clock->MonotonicMicros());
  message.mutable_keep()->set_oldest(oldest);
  message.mutable_keep()->set_needed(window_.newest());
  SendAll(message);
  keeping_ = oldest < window_.newest();  // else everything old is given up, until the next commit
  if (keeping_) After(keep_timer_, kKeepInterval, &Group::KeepEpochs);
}

// A server that starts says RECOVERING until the log has been read.
void Group::SaveLoaded() {
  v1::CatalogPositions record;
  record.set_extents_revision(pipeline_.revision->extents_revision());
  record.set_epoch(epoch_);
  record.set_load_complete(was_loaded_);
  environment_.launcher->Post([catalog = environment_.catalog, uid = uid_, record = std::move(record)] {
    absl::Status status = catalog->SetPositions(uid, record);
    if (!status.ok() && !absl::IsNotFound(status)) {
      spdlog::warn("cannot write that a pipeline is loaded: {}", StdView(status.message()));
    }
  });
}

void Group::OnEpochsWanted() {
  environment_.launcher->Post([self = shared_from_this(), generation = start_.generation] {
    auto end = self->environment_.catalog->ReserveEpochs(self->uid_);
    if (!end.ok()) {
      // The shard has half a block left; it fails if that runs out.
      spdlog::error("cannot reserve epochs: {}", StdView(end.status().message()));
      return;
    }
    boost::asio::post(*self->environment_.io, [self, generation, end = *end] {
      if (self->phase_ != Phase::kRunning || self->start_.generation != generation) return;
      v1::ToShard message;
      message.mutable_epochs()->set_end_epoch(end);
      self->SendTo(0, message);
    });
  });
}

void Group::OnShardFailure(uint32_t shard, const v1::ShardFailure& failure) {
  if (failure.code() != InfoOf(ErrorCode::kShardDied).name) {
    shards_[shard].failure = failure;  // told when its process has ended
    return;
  }
  // It has lost the link to another shard, whose end comes here by itself and with its reason.
  auto timer = std::make_shared<boost::asio::steady_timer>(*environment_.io, kLostLink);
  timer->async_wait([self = weak_from_this(), timer, failure, generation = start_.generation](const auto& error) {
    auto group = self.lock();
    if (error || group == nullptr) return;
    if (group->phase_ == Phase::kRunning && group->start_.generation == generation) {
      group->Fail({failure.reason(), failure.code()});
    }
  });
}

void Group::Watch() {
  v1::ToShard ping;
  ping.mutable_ping();
  for (uint32_t shard = 0; shard < shards_.size(); ++shard) {
    // Counted, not timed: when this process itself was held up, the answers that wait here are read first.
    if (shards_[shard].unanswered++ >= kPingsPerTimeout) {
      Fail({fmt::format("shard {} (process {}) made no progress for {} s", shard, shards_[shard].pid,
                        environment_.settings->shard_timeout_ms / 1000),
            "SHARD_STALLED", EpochOf(shard)});
      return;
    }
    SendTo(shard, ping);
  }
  After(watch_timer_, milliseconds(environment_.settings->shard_timeout_ms / kPingsPerTimeout), &Group::Watch);
}

v1::Pipeline::State Group::State() const {
  switch (phase_) {
    case Phase::kStopped:
      return v1::Pipeline::STOPPED;
    case Phase::kFailed:
      return v1::Pipeline::FAILED;
    case Phase::kEnding:
      if (!wanted_) return v1::Pipeline::STOPPED;
      break;
    case Phase::kRunning:
      if (loaded_) return finished_ ? v1::Pipeline::COMPLETED : v1::Pipeline::RUNNING;
      break;
    case Phase::kWaitingForOld:
    case Phase::kLaunching:
    case Phase::kBackoff:
      break;
  }
  if (was_loaded_) return v1::Pipeline::RECOVERING;
  bool running = phase_ == Phase::kRunning && !shards_.empty() && shards_[0].report && shards_[0].report->running();
  return running ? v1::Pipeline::HYDRATING : v1::Pipeline::STARTING;
}

std::string Group::Reason() const {
  if (phase_ == Phase::kStopped) return "";
  if (phase_ == Phase::kFailed) return failure_->reason;
  for (const Shard& shard : shards_) {
    if (shard.report && !shard.report->waiting_for().empty()) return shard.report->waiting_for();
  }
  if (last_failure_ && !loaded_) return "restarted after: " + last_failure_->Text();
  if (phase_ == Phase::kWaitingForOld) return "waits for the shards of an earlier start to end";
  return "";
}

GroupStatus Group::Status() const {
  GroupStatus status;
  status.state = State();
  status.reason = Reason();
  if (phase_ == Phase::kFailed) status.reason_code = failure_->code;
  status.revision = running_revision_;
  status.generation = start_.generation;
  status.epoch = epoch_;
  status.restarts = restarts_;
  status.refused_reads = refused_reads_;
  for (const Shard& shard : shards_) {
    if (shard.report) status.reports.push_back(*shard.report);
  }
  return status;
}

void Group::Ingest(uint64_t revision, v1::IngestCall call, std::chrono::milliseconds timeout, GroupIngest::Done done) {
  if (revision != pipeline_.entry.revision()) {
    return done(MakeError(ErrorCode::kPipelineReplaced, "the pipeline's definition has changed meanwhile"));
  }
  if (phase_ != Phase::kRunning || shards_.empty() || shards_[0].connection == nullptr) {
    absl::Status status = CheckServing(State(), pipeline_.entry.id(), Reason());
    return done(status.ok() ? MakeError(ErrorCode::kUnavailable, "the pipeline's shards are starting; try again")
                            : status);
  }
  // A shard that stands still takes nothing from its link; it counts what is pending only once it has taken it.
  const uint64_t queued = shards_[0].connection->traffic().bytes_queued;
  if (queued > environment_.settings->ingest_pending_bytes_max) {
    return done(MakeError(ErrorCode::kTooManyRequests,
                          fmt::format("{} bytes wait for shard 0 already; try again later (setting "
                                      "ingest.pending_bytes)",
                                      queued)));
  }
  ingest_.Submit(std::move(call), timeout, std::move(done));
}

// A shard that stands still takes nothing from its link: what is asked meanwhile must not pile up there.
absl::Status Group::CheckRoom(const std::vector<GroupReads::Question>& questions) const {
  if (reads_.count() >= environment_.settings->reads_pending_max) {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("{} reads of the pipeline wait for its shards already (setting "
                                 "reads.pending_max)",
                                 reads_.count()));
  }
  for (const GroupReads::Question& question : questions) {
    const auto& connection = shards_[question.shard].connection;
    if (connection == nullptr) continue;
    uint64_t queued = connection->traffic().bytes_queued;
    if (queued <= environment_.settings->reads_pending_bytes_max) continue;
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("shard {} takes no requests: {} bytes wait for it (setting reads.pending_bytes)",
                                 question.shard, queued));
  }
  return absl::OkStatus();
}

absl::Status Group::PrepareRows(const Read& read, v1::RowsRequest& rows) const {
  if (absl::Status status = CheckServing(State(), pipeline_.entry.id(), Reason()); !status.ok()) return status;
  if (rows.epoch() == 0) rows.set_epoch(window_.newest());
  if (rows.epoch() > window_.newest()) {
    return MakeError(ErrorCode::kEpochNotReached,
                     fmt::format("epoch {} is not committed yet; the newest is {}", rows.epoch(), window_.newest()));
  }
  if (read.at_least > rows.epoch()) {
    return MakeError(ErrorCode::kEpochNotReached, fmt::format("epoch {} does not cover epoch {}; the newest is {}",
                                                              rows.epoch(), read.at_least, window_.newest()));
  }
  return absl::OkStatus();
}

absl::Status Group::PrepareChanges(v1::ChangesRequest& changes) const {
  if (absl::Status status = CheckServing(State(), pipeline_.entry.id(), Reason()); !status.ok()) return status;
  if (changes.up_to_epoch() == 0) changes.set_up_to_epoch(window_.newest());
  if (changes.after_epoch() == 0) changes.set_after_epoch(window_.newest());
  if (changes.after_epoch() > window_.newest()) {
    return MakeError(ErrorCode::kEpochNotReached, fmt::format("epoch {} is not committed yet; the newest is {}",
                                                              changes.after_epoch(), window_.newest()));
  }
  return absl::OkStatus();
}

void Group::Ask(Read read, std::function<void(absl::StatusOr<ReadResult>)> done) {
  if (read.covers && !ingest_.Covers(*read.covers)) {
    v1::IngestPosition position = *read.covers;
    auto timeout = read.timeout;
    ingest_.WhenCovered(std::move(position), timeout,
                        [this, read = std::move(read), done = std::move(done)](absl::Status covered) mutable {
                          if (!covered.ok()) return done(covered);
                          read.covers.reset();
                          Ask(std::move(read), std::move(done));
                        });
    return;
  }
  if (read.revision != pipeline_.entry.revision()) {
    done(MakeError(ErrorCode::kPipelineReplaced, "the pipeline's definition has changed meanwhile"));
    return;
  }
  ReadResult result;
  if (read.request.has_rows()) {
    if (absl::Status status = PrepareRows(read, *read.request.mutable_rows()); !status.ok()) {
      done(status);
      return;
    }
    result.epoch = read.request.rows().epoch();
  } else if (read.request.has_changes()) {
    if (absl::Status status = PrepareChanges(*read.request.mutable_changes()); !status.ok()) {
      done(status);
      return;
    }
    result.epoch = read.request.changes().up_to_epoch();
  } else if (phase_ != Phase::kRunning || State() == v1::Pipeline::RECOVERING) {
    // What is asked while a first fill runs is told as far as it is; after a restart only the whole of it is.
    absl::Status status = CheckServing(State(), pipeline_.entry.id(), Reason());
    done(status.ok() ? MakeError(ErrorCode::kUnavailable, "the pipeline's shards are starting; try again") : status);
    return;
  }
  std::vector<GroupReads::Question> questions;
  for (const Page& page : read.pages) {
    if (page.shard >= shards_.size()) {
      done(MakeError(ErrorCode::kInvalidToken, "the pipeline has no such shard any more"));
      return;
    }
    questions.push_back({page.shard, read.request});
    v1::ReadRequest& request = questions.back().request;
    if (request.has_changes()) {
      request.mutable_changes()->set_cursor(page.after);
    } else {
      request.mutable_rows()->set_after(page.after);
      request.mutable_rows()->set_limit(page.limit);
    }
  }
  for (uint32_t shard = 0; read.pages.empty() && shard < shards_.size(); ++shard) {
    questions.push_back({shard, read.request});
  }
  if (absl::Status room = CheckRoom(questions); !room.ok()) {
    ++refused_reads_;
    done(room);
    return;
  }
  result.shard_count = static_cast<uint32_t>(shards_.size());
  result.finished = finished_;
  for (const Shard& shard : shards_) {
    if (shard.report) result.lag_ms = std::max(result.lag_ms, shard.report->lag_ms());
  }
  reads_.Ask(read.id, std::move(questions), read.timeout,
             [result = std::move(result), done = std::move(done)](auto responses) mutable {
               if (!responses.ok()) {
                 done(responses.status());
                 return;
               }
               result.responses = *std::move(responses);
               done(std::move(result));
             });
}

}  // namespace freshet
