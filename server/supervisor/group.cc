#include "server/supervisor/group.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "boost/asio/post.hpp"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr auto kOldInterval = milliseconds(20);
constexpr auto kGentleEnd = milliseconds(1000);

RestartPolicy::Options PolicyOf(const Settings& settings) {
  RestartPolicy::Options options;
  options.backoff_micros_min = static_cast<int64_t>(settings.restart_backoff_ms_min) * 1000;
  options.backoff_micros_max = static_cast<int64_t>(settings.restart_backoff_ms_max) * 1000;
  options.failures_max = settings.restart_failures_max;
  return options;
}

constexpr int64_t kEpochWindowMicros = 2'000'000;

}  // namespace

Group::Group(const GroupEnvironment* environment, CatalogPipeline pipeline)
    : environment_(*environment),
      uid_(pipeline.entry.uid()),
      pipeline_(std::move(pipeline)),
      policy_(PolicyOf(*environment->settings)),
      window_(kEpochWindowMicros),
      reads_(*environment->io, [this](uint32_t shard, const v1::ToShard& message) { SendTo(shard, message); }),
      ingest_(*environment->io, [this](uint32_t shard, const v1::ToShard& message) { SendTo(shard, message); }),
      timer_(*environment->io),
      watch_timer_(*environment->io),
      keep_timer_(*environment->io) {
  if (pipeline_.positions != nullptr) {
    epoch_ = pipeline_.positions->epoch();
    was_loaded_ = pipeline_.positions->load_complete();
  }
  const v1::CatalogEntry& entry = pipeline_.entry;
  if (entry.has_failure() && entry.failure().revision() == entry.revision() && !IsOfMachine(entry.failure().code())) {
    failure_ = {entry.failure().reason(), entry.failure().code()};
    running_revision_ = entry.revision();
    phase_ = Phase::kFailed;
  }
}

uint32_t Group::shard_count() const { return std::max<uint32_t>(1, pipeline_.revision->plan().options().shards()); }

std::string Group::lock_path() const { return fmt::format("{}/{}.lock", environment_.run_folder, uid_.substr(0, 16)); }

void Group::After(boost::asio::steady_timer& timer, microseconds wait, void (Group::*then)()) {
  timer.expires_after(wait);
  timer.async_wait([self = weak_from_this(), then](const boost::system::error_code& error) {
    auto group = self.lock();
    if (!error && group != nullptr) (group.get()->*then)();
  });
}

void Group::SetPhase(Phase phase) {
  phase_ = phase;
  timer_.cancel();
  environment_.on_change(uid_, /*now=*/true);
}

void Group::Reconcile(CatalogPipeline pipeline, bool anew) {
  bool other_revision = pipeline.entry.revision() != pipeline_.entry.revision();
  bool other_extents = pipeline.revision->extents_revision() != pipeline_.revision->extents_revision();
  pipeline_ = std::move(pipeline);
  wanted_ = pipeline_.entry.desired_state() != v1::Pipeline::HALTED;
  if (other_revision || anew) policy_.Reset();
  if (other_extents) {
    was_loaded_ = false;
  }
  switch (phase_) {
    case Phase::kStopped:
    case Phase::kBackoff:
      wanted_ ? Begin() : SetPhase(Phase::kStopped);
      break;
    case Phase::kFailed:
      if (!wanted_) {
        SetPhase(Phase::kStopped);
      } else if (other_revision || anew) {
        Begin();
      } else {
        environment_.on_change(uid_, /*now=*/true);
      }
      break;
    case Phase::kWaitingForOld:
      if (!wanted_) SetPhase(Phase::kStopped);
      break;
    case Phase::kLaunching:
    case Phase::kRunning:
      if (!wanted_ || running_revision_ != pipeline_.entry.revision()) End(/*gently=*/true);
      break;
    case Phase::kEnding:
      break;  // AfterEnd looks at what is wanted then
  }
}

void Group::Remove(std::function<void()> gone) {
  wanted_ = false;
  gone_ = std::move(gone);
  switch (phase_) {
    case Phase::kStopped:
    case Phase::kBackoff:
    case Phase::kFailed:
    case Phase::kWaitingForOld:
      AfterEnd();
      break;
    case Phase::kLaunching:
    case Phase::kRunning:
      End(/*gently=*/true);
      break;
    case Phase::kEnding:
      break;
  }
}

// ---- From nothing to a running generation.

void Group::Begin() {
  CHECK(shards_.empty());
  failure_ = std::nullopt;
  SetPhase(Phase::kWaitingForOld);
  WaitForOld();
}

void Group::WaitForOld() {
  // Every shard holds the lock shared while it lives. A group that an earlier server left is on its way out: its
  // control links are closed, and the kernel has sent it the parent-death signal.
  int fd = ::open(lock_path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  bool free = fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  if (fd >= 0) ::close(fd);
  if (free) {
    Launch();
  } else {
    After(timer_, kOldInterval, &Group::WaitForOld);
  }
}

void Group::Launch() {
  SetPhase(Phase::kLaunching);
  running_revision_ = pipeline_.entry.revision();
  environment_.launcher->Post([self = shared_from_this(), count = shard_count()] {
    const GroupEnvironment& environment = self->environment_;
    Launched launched;
    // The generation is durable before anything of it runs.
    auto start = environment.catalog->ReserveStart(self->uid_);
    launched.status = start.status();
    if (start.ok()) {
      launched.start = *start;
      launched.folder = fmt::format("{}/{}.{}", environment.run_folder, self->uid_.substr(0, 8), start->generation);
      if (::mkdir(launched.folder.c_str(), 0700) != 0 && errno != EEXIST) {
        launched.status =
            absl::UnavailableError(fmt::format("cannot make {}: {}", launched.folder, std::strerror(errno)));
      }
    }
    for (uint32_t shard = 0; shard < count && launched.status.ok(); ++shard) {
      std::vector<std::string> arguments = environment.shard_command;
      for (std::string argument :
           {std::string("--control"), environment.control_path, std::string("--lock"), self->lock_path(),
            std::string("--pipeline-uid"), self->uid_, std::string("--generation"),
            std::to_string(launched.start.generation), std::string("--shard"), std::to_string(shard)}) {
        arguments.push_back(std::move(argument));
      }
      auto pid =
          Launcher::Launch(arguments, environment.settings->shard_pin == "on" ? std::optional(shard) : std::nullopt);
      launched.status = pid.status();
      if (pid.ok()) launched.pids.push_back(*pid);
    }
    boost::asio::post(*environment.io, [self, launched = std::move(launched)] { self->OnLaunched(launched); });
  });
}

void Group::OnLaunched(Launched launched) {
  start_ = launched.start;
  folder_ = launched.folder;
  shards_.resize(launched.pids.size());
  for (uint32_t shard = 0; shard < shards_.size(); ++shard) {
    shards_[shard].pid = launched.pids[shard];
    environment_.launcher->WatchExit(launched.pids[shard],
                                     [self = shared_from_this(), shard, generation = start_.generation](int status) {
                                       self->OnExit(shard, generation, status);
                                     });
  }
  policy_.OnStart(environment_.clock->MonotonicMicros());
  loaded_ = false;
  finished_ = false;
  reached_.Clear();
  rows_ = 0;
  if (phase_ == Phase::kEnding) {  // it was stopped meanwhile
    early_hellos_.clear();
    if (shards_.empty()) {
      AfterEnd();
    } else {
      Kill();
    }
    return;
  }
  if (!launched.status.ok()) {
    phase_ = Phase::kRunning;  // nothing is launched any more: it ends as what ran
    Fail({std::string(launched.status.message()), std::string(InfoOf(CodeOf(launched.status)).name)});
    return;
  }
  spdlog::info("pipeline {}: generation {} of revision {} runs in {} shards", pipeline_.entry.id(), start_.generation,
               running_revision_, shards_.size());
  SetPhase(Phase::kRunning);
  Watch();
  for (auto& [hello, connection] : std::exchange(early_hellos_, {})) AdoptHello(hello, std::move(connection));
}

void Group::OnHello(const v1::ShardHello& hello, std::shared_ptr<FrameConnection> connection) {
  if (phase_ == Phase::kLaunching) {
    early_hellos_.emplace_back(hello, std::move(connection));
  } else {
    AdoptHello(hello, std::move(connection));
  }
}

void Group::AdoptHello(const v1::ShardHello& hello, std::shared_ptr<FrameConnection> connection) {
  bool expected = phase_ == Phase::kRunning && hello.generation() == start_.generation &&
                  hello.shard() < shards_.size() && shards_[hello.shard()].connection == nullptr &&
                  shards_[hello.shard()].pid != 0 && connection->PeerPid() == shards_[hello.shard()].pid;
  if (!expected) {
    spdlog::warn("pipeline {}: refused shard {} of generation {} (process {})", pipeline_.entry.id(), hello.shard(),
                 hello.generation(), connection->PeerPid());
    connection->Close();
    return;
  }
  uint32_t shard = hello.shard();
  shards_[shard].connection = connection;
  connection->SetHandlers({
      .on_frame =
          [self = weak_from_this(), shard, generation = start_.generation](std::string_view bytes) {
            auto group = self.lock();
            if (group == nullptr || generation != group->start_.generation) return;
            v1::FromShard message;
            if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
              group->Fail({fmt::format("shard {} sent what cannot be read", shard), "INTERNAL"});
              return;
            }
            group->OnMessage(shard, std::move(message));
          },
      .on_closed = [](const absl::Status&) {},  // its process ends too, and that is told with its reason
  });
  SendStart(shard);
}

void Group::SendStart(uint32_t shard) {
  const Settings& settings = *environment_.settings;
  v1::ToShard message;
  v1::StartShard& start = *message.mutable_start();
  start.set_pipeline(pipeline_.entry.id());
  start.set_pipeline_uid(uid_);
  start.set_revision(running_revision_);
  start.set_generation(start_.generation);
  start.set_shard(shard);
  start.set_shard_count(static_cast<uint32_t>(shards_.size()));
  start.set_socket_folder(folder_);
  *start.mutable_plan() = pipeline_.revision->physical();
  *start.mutable_options() = pipeline_.revision->plan().options();
  start.set_first_epoch(start_.first_epoch);
  start.set_end_epoch(start_.end_epoch);
  start.set_files_root(settings.files_root);
  if (pipeline_.extents != nullptr) *start.mutable_extents() = *pipeline_.extents;
  start.set_log_folder(environment_.pipelines_folder + "/" + uid_ + "/log");
  start.set_input_revision(pipeline_.revision->extents_revision());
  v1::ShardLimits& limits = *start.mutable_limits();
  uint64_t memory = start.options().memory_bytes();
  limits.set_memory_bytes(memory != 0 ? memory : settings.shard_memory_bytes);
  limits.set_page_hold_ms(settings.page_hold_ms);
  limits.set_old_versions_bytes(settings.old_versions_bytes_max);
  limits.set_dead_letters(settings.dead_letters_max);
  limits.set_dead_letter_bytes(settings.dead_letter_bytes_max);
  limits.set_source_ahead_bytes(settings.source_ahead_bytes);
  limits.set_ingest_pending_bytes(settings.ingest_pending_bytes_max);
  limits.set_ingest_keys(settings.ingest_keys_max);
  limits.set_log_fsync(settings.log_fsync == "on");
  limits.set_log_segment_bytes(settings.log_segment_bytes);
  limits.set_change_retention_bytes(settings.change_retention_bytes);
  limits.set_change_retention_ms(settings.change_retention_ms);
  SendTo(shard, message);
}

void Group::SendTo(uint32_t shard, const v1::ToShard& message) {
  if (shard < shards_.size() && shards_[shard].connection != nullptr) {
    shards_[shard].connection->Send(message.SerializeAsString());
  }
}

void Group::SendAll(const v1::ToShard& message) {
  for (uint32_t shard = 0; shard < shards_.size(); ++shard) SendTo(shard, message);
}

// ---- To its end.

void Group::OnExit(uint32_t shard, uint64_t generation, int wait_status) {
  if (generation != start_.generation || shard >= shards_.size()) return;
  Shard& ended = shards_[shard];
  int32_t pid = std::exchange(ended.pid, 0);
  if (phase_ != Phase::kEnding) {
    Failure failure;
    if (ended.failure) {
      failure = {ended.failure->reason(), ended.failure->code()};
    } else {
      failure = {fmt::format("shard {} (process {}) ended: {}", shard, pid, DescribeExit(wait_status)), "SHARD_DIED"};
    }
    failure.ran = EpochOf(shard);
    Fail(std::move(failure));
  } else if (shard == 0) {
    StopOthers();
  }
  for (const Shard& each : shards_) {
    if (each.pid != 0) return;
  }
  AfterEnd();
}

void Group::Fail(Failure failure) {
  if (phase_ == Phase::kEnding) return;
  if (!MayBeOfEpoch(failure.code)) failure.ran = {};
  spdlog::warn("pipeline {}: generation {} failed: {}", pipeline_.entry.id(), start_.generation, failure.Text());
  failure_ = std::move(failure);
  End(/*gently=*/false);
}

void Group::CancelWaiting() {
  reads_.CancelAll(MakeError(ErrorCode::kUnavailable, "the pipeline's shards are being stopped; try again"));
  ingest_.CancelAll(MakeError(ErrorCode::kUnavailable,
                              "the pipeline's shards are being stopped: it is not known whether the rows were taken; "
                              "send the request again with the same Idempotency-Key"));
}

// Gently: the epoch that runs is the last one, and who waits for it gets its answer.
void Group::End(bool gently) {
  if (!gently) CancelWaiting();
  watch_timer_.cancel();
  keep_timer_.cancel();
  keeping_ = false;
  bool launching = phase_ == Phase::kLaunching;
  SetPhase(Phase::kEnding);
  if (launching) return;  // OnLaunched goes on
  if (shards_.empty()) {
    AfterEnd();
    return;
  }
  if (!gently) {
    Kill();
    return;
  }
  v1::ToShard message;
  message.mutable_stop()->set_drain(true);
  SendTo(0, message);  // the others follow once it has ended: they have a part in its last epoch
  After(timer_, kGentleEnd, &Group::Kill);
}

void Group::StopOthers() {
  CancelWaiting();
  v1::ToShard message;
  message.mutable_stop();
  SendAll(message);
}

void Group::Kill() {
  CancelWaiting();
  // A process that has ended and is not reaped keeps its number, so no other one is hit.
  for (const Shard& shard : shards_) {
    if (shard.pid != 0) ::kill(shard.pid, SIGKILL);
  }
}

void Group::AfterEnd() {
  for (Shard& shard : shards_) {
    if (shard.connection != nullptr) shard.connection->Close();
  }
  shards_.clear();
  if (!folder_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    folder_.clear();
  }
  if (gone_ != nullptr) {
    SetPhase(Phase::kStopped);
    ::unlink(lock_path().c_str());
    std::exchange(gone_, nullptr)();
    return;
  }
  if (!wanted_) {
    last_failure_ = std::nullopt;
    SetPhase(Phase::kStopped);
    return;
  }
  // A failure of a revision that is not the current one any more counts for nothing.
  if (!failure_ || running_revision_ != pipeline_.entry.revision()) {
    Begin();
    return;
  }
  last_failure_ = failure_;
  ++restarts_;
  auto wait = policy_.OnFailure(environment_.clock->MonotonicMicros(), rows_, failure_->code, failure_->ran);
  if (!wait) {
    failure_ = GivingUp();
    spdlog::error("pipeline {} has failed: {}", pipeline_.entry.id(), failure_->reason);
    SaveFailure();
    SetPhase(Phase::kFailed);
    return;
  }
  SetPhase(Phase::kBackoff);
  After(timer_, microseconds(*wait), &Group::Begin);
}

std::string Group::Failure::Text() const {
  return ran.epoch == 0 ? reason : fmt::format("in epoch {}: {}", ran.epoch, reason);
}

Group::Failure Group::GivingUp() const {
  const uint64_t times = policy_.failures_of_epoch();
  if (times < 2) return {failure_->Text(), failure_->code};
  return {fmt::format("epoch {} has ended the shards {} times in a row, the last time: {}", failure_->ran.epoch, times,
                      failure_->reason),
          failure_->code};
}

EpochMark::Value Group::EpochOf(uint32_t shard) const { return EpochMark::Read(EpochMarkPath(folder_, shard)); }

// A server that starts keeps it FAILED. Posted before any next start, which forgets it.
void Group::SaveFailure() {
  v1::CatalogFailure record;
  record.set_revision(running_revision_);
  record.set_reason(failure_->reason);
  record.set_code(failure_->code);
  environment_.launcher->Post([catalog = environment_.catalog, uid = uid_, record = std::move(record)] {
    absl::Status status = catalog->SetFailure(uid, record);
    if (!status.ok() && !absl::IsNotFound(status)) {
      spdlog::warn("cannot write the failure of a pipeline: {}", StdView(status.message()));
    }
  });
}

}  // namespace freshet
