#include "server/shard/shard_process.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/shard/control_link.h"
#include "server/shard/exchange/socket_link.h"
#include "server/shard/inbox.h"
#include "server/shard/ingest/extent_resolver.h"
#include "server/shard/journal/log_writer.h"
#include "server/shard/memory_guard.h"
#include "server/shard/pipeline_shard.h"
#include "server/shard/shard_report.h"
#include "server/shard/system_clock.h"
#include "server/storage/failpoint.h"
#include "server/storage/posix_disk.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

constexpr int64_t kReportMicros = 200'000;           // after a commit
constexpr int64_t kStirredReportMicros = 1'000'000;  // after anything else; also how often memory is looked at
constexpr int64_t kQuietReportMicrosMax = 64'000'000;
constexpr int64_t kFlushIntervalMicros = 1'000;  // that rows for other shards wait at most
constexpr uint64_t kMemoryNoise = 1 << 20;
constexpr int kLinkHandlersMax = 16;  // each reads at most a buffer of a connection

// Another one after each start of the machine.
std::string MachineRun() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

// The server asks for a sign of life.
bool IsPing(const ShardEvent& event) {
  const auto* message = std::get_if<v1::ToShard>(&event);
  return message != nullptr && message->has_ping();
}

constexpr int kExitStopped = 0;
constexpr int kExitFailed = 1;

// Wires one shard together. Everything but the I/O thread's part runs on the thread that calls Run.
class ShardProcess {
 public:
  explicit ShardProcess(const ShardProcessOptions& options)
      : options_(options),
        links_work_(links_.get_executor()),
        inbox_(links_),
        work_(io_.get_executor()),
        control_(io_, &inbox_) {}

  int Run();

 private:
  void RunLinks();
  void OnPeerFrame(ShardId from, Frame frame);
  // An exit code ends the process.
  std::optional<int> Handle(ShardEvent event);
  std::optional<int> HandleServer(v1::ToShard message);
  void OnStart(v1::StartShard start);
  void OnIngest(v1::IngestCall call);
  void ResolveExtents();
  void OpenLog();
  // Once the extents are known, and in shard 0 the log is open.
  std::optional<int> OpenPipeline();
  std::optional<int> BeginEpochs();
  int Fail(const absl::Status& status);
  void HastenReport(int64_t now);
  void FlushLink(int64_t now);
  void Stir();
  void ReportIfDue(int64_t now);
  void Wait(int64_t now);

  const ShardProcessOptions options_;
  SystemClock clock_;
  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
  boost::asio::io_context links_{1};  // to the other shards; runs on the compute thread
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> links_work_;
  Inbox inbox_;
  boost::asio::io_context io_{1};  // to the server; has a thread of its own
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  ControlLink control_;
  std::thread io_thread_;

  v1::StartShard start_;
  std::unique_ptr<MemoryGuard> memory_;
  std::unique_ptr<ExtentResolver> resolver_;
  std::unique_ptr<LogWriter> log_;  // shard 0
  bool log_open_ = false;
  bool draining_ = false;  // ends with the epoch that runs
  std::optional<v1::SourceExtents> extents_;
  std::unique_ptr<SocketLink> link_;
  int64_t next_flush_ = 0;
  std::unique_ptr<PipelineShard> pipeline_;
  struct PeerFrame {
    ShardId from;
    Frame frame;
  };
  std::vector<PeerFrame> early_frames_;  // came before all links stood
  std::vector<v1::ReadRequest> early_reads_;

  int64_t next_report_ = 0;
  int64_t last_report_micros_ = 0;
  int64_t quiet_micros_ = kStirredReportMicros;  // until the next report where nothing stirs
  PipelineShard::Reached reported_;              // what the last report tells of
  std::string last_report_;
  uint64_t last_memory_ = 0;
};

int ShardProcess::Run() {
  v1::ShardHello hello;
  hello.set_shard(options_.shard);
  hello.set_generation(options_.generation);
  hello.set_pid(::getpid());
  hello.set_pipeline_uid(options_.pipeline_uid);
  if (absl::Status status = control_.Connect(options_.control_path, hello); !status.ok()) {
    spdlog::error("shard {}: {}", options_.shard, StdView(status.message()));
    return kExitFailed;
  }
  io_thread_ = std::thread([this] { io_.run(); });

  std::vector<ShardEvent> events;
  while (true) {
    RunLinks();
    const bool woken = inbox_.Take(&events);
    if (woken && pipeline_ != nullptr) {
      pipeline_->OnSourceReady();
      pipeline_->OnLogChanged();
    }
    for (ShardEvent& event : events) {
      if (auto code = Handle(std::move(event))) return *code;
    }
    bool worked = pipeline_ != nullptr && pipeline_->Step();
    if (woken || worked) Stir();
    if (pipeline_ != nullptr && !pipeline_->failure().ok()) return Fail(pipeline_->failure());
    if (draining_ && (pipeline_ == nullptr || pipeline_->EpochsEnded())) {
      control_.Flush();  // the answers that the last epoch gave
      return kExitStopped;
    }
    int64_t now = clock_.MonotonicMicros();
    if (pipeline_ != nullptr) HastenReport(now);
    // No report goes out before a look: a load that ends above the limit is not told to be complete.
    if (memory_ != nullptr && now >= next_report_) memory_->LookAgain();
    if (memory_ != nullptr && memory_->IsAbove(now)) {
      return Fail(MakeError(ErrorCode::kMemoryLimit,
                            fmt::format("shard {} takes {} MiB, above its limit of {} MiB (options.memory)",
                                        options_.shard, memory_->bytes() >> 20, memory_->limit_bytes() >> 20)));
    }
    ReportIfDue(now);
    if (!worked || now >= next_flush_) FlushLink(now);
    if (!worked) Wait(now);
  }
}

void ShardProcess::Wait(int64_t now) {
  int64_t wake = next_report_;
  if (pipeline_ != nullptr) wake = std::min(wake, pipeline_->NextWakeMicros());
  if (wake > now) inbox_.Wait(wake - now);
}

// What has come over the links, up to a bound, so that reads have their turn.
void ShardProcess::RunLinks() {
  for (int handlers = 0; handlers < kLinkHandlersMax && links_.poll_one() > 0;) ++handlers;
}

void ShardProcess::OnPeerFrame(ShardId from, Frame frame) {
  Stir();
  if (pipeline_->started()) {
    pipeline_->OnFrame(from, std::move(frame));
  } else {
    early_frames_.push_back({from, std::move(frame)});
  }
}

std::optional<int> ShardProcess::Handle(ShardEvent event) {
  if (!IsPing(event)) Stir();
  if (auto* message = std::get_if<v1::ToShard>(&event)) return HandleServer(std::move(*message));
  if (std::holds_alternative<PeersConnected>(event)) return BeginEpochs();
  if (auto* lost = std::get_if<PeerLost>(&event)) {
    // The server sees which process died, and ends the group. If none did, it learns it from this message.
    v1::FromShard message;
    message.mutable_failure()->set_code(std::string(InfoOf(ErrorCode::kShardDied).name));
    message.mutable_failure()->set_reason(std::string(lost->status.message()));
    control_.Send(message);
    return std::nullopt;
  }
  if (std::holds_alternative<ServerGone>(event)) return kExitStopped;
  if (auto* opened = std::get_if<LogOpened>(&event)) {
    if (!opened->status.ok()) return Fail(opened->status);
    log_open_ = true;
    return OpenPipeline();
  }
  auto& resolved = std::get<ExtentsResolved>(event);
  resolver_ = nullptr;
  if (!resolved.extents.ok()) return Fail(resolved.extents.status());
  v1::FromShard message;
  *message.mutable_extents() = *std::move(resolved.extents);
  control_.Send(message);
  return std::nullopt;
}

std::optional<int> ShardProcess::HandleServer(v1::ToShard message) {
  switch (message.message_case()) {
    case v1::ToShard::kStart:
      OnStart(std::move(*message.mutable_start()));
      return OpenPipeline();
    case v1::ToShard::kExtents:
      extents_ = std::move(*message.mutable_extents());
      return OpenPipeline();
    case v1::ToShard::kRead:
      if (pipeline_ != nullptr) {
        pipeline_->AddRead(message.read());
      } else {
        early_reads_.push_back(std::move(*message.mutable_read()));
      }
      return std::nullopt;
    case v1::ToShard::kIngest:
      OnIngest(std::move(*message.mutable_ingest()));
      return std::nullopt;
    case v1::ToShard::kCancelRead:
      if (pipeline_ != nullptr) pipeline_->CancelRead(message.cancel_read().id());
      return std::nullopt;
    case v1::ToShard::kStop:
      if (!message.stop().drain()) return kExitStopped;
      draining_ = true;
      if (pipeline_ != nullptr) pipeline_->StopEpochs();
      return std::nullopt;
    case v1::ToShard::kPing: {
      v1::FromShard answer;
      answer.mutable_pong()->set_id(message.ping().id());
      control_.Send(answer);
      return std::nullopt;
    }
    case v1::ToShard::kKeep:
      if (pipeline_ != nullptr) pipeline_->KeepEpochs(message.keep());
      return std::nullopt;
    case v1::ToShard::kEpochs:
      if (pipeline_ != nullptr) pipeline_->ExtendEpochs(message.epochs().end_epoch());
      return std::nullopt;
    case v1::ToShard::MESSAGE_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

void ShardProcess::OnIngest(v1::IngestCall call) {
  if (pipeline_ != nullptr && pipeline_->started()) return pipeline_->AddIngest(std::move(call));
  v1::FromShard message;
  v1::IngestAnswer& answer = *message.mutable_ingest();
  answer.set_id(call.id());
  answer.set_error_code(std::string(InfoOf(ErrorCode::kUnavailable).name));
  answer.set_error_message("the pipeline's shards are starting; try again");
  control_.Send(message);
}

void ShardProcess::OnStart(v1::StartShard start) {
  start_ = std::move(start);
  memory_ = std::make_unique<MemoryGuard>(start_.limits().memory_bytes());
  if (start_.has_extents()) extents_ = start_.extents();
  if (start_.shard() != 0) return;
  // Shard 0 asks for all; the others wait until the server has stored the answer.
  if (!extents_) ResolveExtents();
  OpenLog();
}

void ShardProcess::OpenLog() {
  LogWriter::Options options;
  options.log.disk = disk_.get();
  options.log.folder = start_.log_folder();
  options.log.generation = Generation(start_.generation());
  options.log.fsync = start_.limits().log_fsync();
  options.log.segment_bytes = start_.limits().log_segment_bytes();
  options.log.machine_run = MachineRun();
  options.revision = start_.input_revision();
  options.clock = &clock_;
  LogWriter::Handlers handlers;
  handlers.on_opened = [this](absl::Status status) { inbox_.Push(LogOpened{std::move(status)}); };
  handlers.on_durable = [this] { inbox_.Wake(); };
  log_ = std::make_unique<LogWriter>(std::move(options), std::move(handlers));
  log_->StartThread();
}

void ShardProcess::ResolveExtents() {
  ExtentResolver::Options options;
  options.plan = start_.plan();
  options.context.pipeline = start_.pipeline();
  options.context.files_root = start_.files_root();
  options.context.shard_count = start_.shard_count();
  resolver_ = std::make_unique<ExtentResolver>(std::move(options), [this](absl::StatusOr<v1::SourceExtents> extents) {
    inbox_.Push(ExtentsResolved{std::move(extents)});
  });
}

std::optional<int> ShardProcess::OpenPipeline() {
  if (pipeline_ != nullptr || !extents_ || (log_ != nullptr && !log_open_)) return std::nullopt;
  PipelineShard::Options options;
  options.start = &start_;
  options.extents = &*extents_;
  options.log = log_.get();
  options.clock = &clock_;
  options.disk = disk_.get();
  options.wake = [this] { inbox_.Wake(); };
  options.send = [this](const v1::FromShard& message) { control_.Send(message); };
  auto pipeline = PipelineShard::Make(std::move(options));
  if (!pipeline.ok()) return Fail(pipeline.status());
  pipeline_ = *std::move(pipeline);

  SocketLink::Options link;
  link.self = {options_.pipeline_uid, Generation(options_.generation), ShardId(static_cast<uint16_t>(options_.shard))};
  link.shard_count = static_cast<uint16_t>(start_.shard_count());
  link.folder = start_.socket_folder();
  link.exchange_types = pipeline_->ExchangeTypes();
  SocketLink::Handlers handlers;
  handlers.on_connected = [this] { inbox_.Push(PeersConnected()); };
  handlers.on_frame = [this](ShardId from, Frame frame) { OnPeerFrame(from, std::move(frame)); };
  handlers.on_failed = [this](const absl::Status& status) { inbox_.Push(PeerLost{status}); };
  link_ = std::make_unique<SocketLink>(links_, std::move(link), std::move(handlers));
  if (absl::Status status = link_->Start(); !status.ok()) inbox_.Push(PeerLost{status});
  return std::nullopt;
}

std::optional<int> ShardProcess::BeginEpochs() {
  if (absl::Status status = pipeline_->Start(link_.get()); !status.ok()) return Fail(status);
  for (PeerFrame& frame : early_frames_) pipeline_->OnFrame(frame.from, std::move(frame.frame));
  early_frames_ = {};
  for (const v1::ReadRequest& read : early_reads_) pipeline_->AddRead(read);
  early_reads_ = {};
  next_report_ = 0;
  return std::nullopt;
}

int ShardProcess::Fail(const absl::Status& status) {
  // To begin anew is no failure of anything.
  const bool wanted = pipeline_ != nullptr && pipeline_->begins_anew();
  spdlog::log(wanted ? spdlog::level::info : spdlog::level::err, "pipeline {} shard {}: {}", start_.pipeline(),
              options_.shard, StdView(status.message()));
  v1::FromShard message;
  message.mutable_failure()->set_code(std::string(InfoOf(CodeOf(status)).name));
  message.mutable_failure()->set_reason(std::string(status.message()));
  control_.Send(message);
  control_.Flush();
  return kExitFailed;
}

// Rows for other shards wait for more of them while there is work here, but not for long.
void ShardProcess::FlushLink(int64_t now) {
  if (link_ == nullptr || !pipeline_->started()) return;
  link_->Flush();
  next_flush_ = now + kFlushIntervalMicros;
}

// Something may have changed that a report tells.
void ShardProcess::Stir() {
  quiet_micros_ = kStirredReportMicros;
  next_report_ = std::min(next_report_, last_report_micros_ + kStirredReportMicros);
}

// The state that the server tells changes with the reports, so they come at once when it does.
void ShardProcess::HastenReport(int64_t now) {
  PipelineShard::Reached reached = pipeline_->reached();
  if (reached.load_complete != reported_.load_complete || reached.finished != reported_.finished) {
    next_report_ = now;
  } else if (reached.epoch != reported_.epoch) {
    next_report_ = std::min(next_report_, last_report_micros_ + kReportMicros);
  }
}

void ShardProcess::ReportIfDue(int64_t now) {
  if (now < next_report_) return;
  v1::ShardReport report;
  if (pipeline_ != nullptr) {
    report = pipeline_->Report(link_ != nullptr && pipeline_->started() ? link_->traffic() : Traffic());
    if (!pipeline_->started()) report.set_waiting_for("the other shards");
  } else if (resolver_ != nullptr) {
    report.set_waiting_for(resolver_->waiting_for());
  }
  if (log_ != nullptr && !log_->status().problem.empty()) report.set_waiting_for(log_->status().problem);
  last_report_micros_ = now;
  if (pipeline_ != nullptr) reported_ = pipeline_->reached();
  report.mutable_status()->set_shard(options_.shard);
  report.mutable_status()->set_pid(::getpid());
  std::string bytes = BytesOf(report);
  const uint64_t memory = ResidentBytes();
  report.mutable_status()->set_memory_bytes(memory);
  const bool memory_moves = std::max(memory, last_memory_) - std::min(memory, last_memory_) > kMemoryNoise;
  last_memory_ = memory;
  // A shard that is idle looks at itself ever more rarely: who wakes it stirs it. What still comes up is without
  // events.
  const bool idle = pipeline_ != nullptr && pipeline_->started() && bytes == last_report_ && !memory_moves;
  quiet_micros_ = idle ? std::min(2 * quiet_micros_, kQuietReportMicrosMax) : kStirredReportMicros;
  next_report_ = now + quiet_micros_;
  if (bytes == last_report_) return;  // nothing but memory has changed
  last_report_ = std::move(bytes);
  v1::FromShard message;
  *message.mutable_report() = std::move(report);
  control_.Send(message);
}

}  // namespace

int RunShardProcess(const ShardProcessOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files: as if the disk was full
  ::signal(SIGINT, SIG_IGN);   // of a terminal: the server stops its shards
  if (absl::Status armed = ArmFailpointsOfEnvironment(); !armed.ok()) {
    spdlog::error("{}", StdView(armed.message()));
    return kExitFailed;
  }
  int lock = ::open(options.lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || ::flock(lock, LOCK_SH) != 0) {
    spdlog::error("shard {}: cannot lock {}: {}", options.shard, options.lock_path, std::strerror(errno));
    return kExitFailed;
  }
  // Ends without destructors: threads of sources and links may be anywhere, and nothing is to be saved here.
  auto* process = new ShardProcess(options);
  int code = process->Run();
  std::_Exit(code);
}

}  // namespace freshet
