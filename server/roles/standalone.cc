#include "server/roles/standalone.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/catalog/catalog.h"
#include "server/catalog/data_directory.h"
#include "server/control/grpc_server.h"
#include "server/errors/error_list.h"
#include "server/http/http_server.h"
#include "server/metrics/metrics.h"
#include "server/pipelines/change_feeds.h"
#include "server/pipelines/pipeline_manager.h"
#include "server/pipelines/result_reader.h"
#include "server/pipelines/table_ingestor.h"
#include "server/planner/compile.h"
#include "server/planner/explain.h"
#include "server/roles/endpoints_file.h"
#include "server/roles/stop_signals.h"
#include "server/roles/version.h"
#include "server/shard/system_clock.h"
#include "server/storage/failpoint.h"
#include "server/supervisor/supervisor.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

CompileDefinition CompilerOf(const Settings& settings, const DataDirectory& directory) {
  CompileContext context;
  context.files_root = settings.files_root;
  context.hash_seed = directory.hash_seed();
  return [context](const v1::Definition& definition) {
    CompileResult result = Compile(definition, context);
    CompiledDefinition compiled;
    for (v1::Problem& problem : result.problems) *compiled.problems.add_problems() = std::move(problem);
    if (result.ok()) {
      compiled.explain_text = ExplainText(result.physical);
      compiled.explain_json = ExplainJson(result.physical);
    }
    compiled.plan = std::move(result.plan);
    compiled.physical = std::move(result.physical);
    return compiled;
  };
}

// All parts of the server, each made after what it needs.
class Standalone {
 public:
  explicit Standalone(const Settings& settings) : settings_(settings) {}
  ~Standalone() {
    if (http_ != nullptr) http_->Stop();
  }

  absl::Status Start();
  // Waits for a signal, then stops within settings.stop_timeout_ms.
  void ServeAndStop();
  void Drain();

 private:
  const Settings settings_;
  SystemClock clock_;
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<ServerMetrics> metrics_;
  // Goes behind those that may still owe it answers.
  std::unique_ptr<HttpServer> http_;
  // Declared before the supervisor: its thread calls these until it has ended.
  std::unique_ptr<PipelineManager> manager_;
  std::unique_ptr<ChangeFeeds> changes_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<ResultReader> reader_;
  std::unique_ptr<TableIngestor> ingestor_;
  std::unique_ptr<GrpcServer> grpc_;
};

absl::Status Standalone::Start() {
  RETURN_IF_ERROR(ArmFailpointsOfEnvironment());
  const SmallFiles files = settings_.catalog_fsync == "on" ? SmallFiles() : SmallFiles::WithoutSync();
  ASSIGN_OR_RETURN(directory_, DataDirectory::Open(settings_.data_dir, files));
  ASSIGN_OR_RETURN(catalog_, Catalog::Open(directory_->catalog_folder(), files));
  ::unlink(directory_->endpoints_file().c_str());  // of a daemon before: nobody serves there now
  metrics_ = std::make_unique<ServerMetrics>();

  Supervisor::Options supervise;
  supervise.settings = &settings_;
  supervise.catalog = catalog_.get();
  supervise.clock = &clock_;
  supervise.pipelines_folder = directory_->path() + "/pipelines";
  supervise.run_folder = directory_->run_folder();
  supervise.shard_command = {"/proc/self/exe", "shard", "--log-level", settings_.log_level};
  supervise.on_change = [this](const std::string& uid) {
    manager_->OnChange(uid);
    changes_->OnProgress(uid);
  };
  supervise.on_commit = [this](const std::string& uid) { changes_->OnProgress(uid); };
  supervisor_ = std::make_unique<Supervisor>(std::move(supervise));
  manager_ = std::make_unique<PipelineManager>(PipelineManager::Dependencies{
      &settings_, catalog_.get(), supervisor_.get(), &clock_, CompilerOf(settings_, *directory_)});
  reader_ = std::make_unique<ResultReader>(catalog_.get(), supervisor_.get(), directory_->hash_seed());
  ingestor_ = std::make_unique<TableIngestor>(&settings_, catalog_.get(), supervisor_.get(), directory_->hash_seed());
  ChangeFeeds::Dependencies feeds;
  feeds.settings = &settings_;
  feeds.catalog = catalog_.get();
  feeds.reader = reader_.get();
  feeds.clock = &clock_;
  feeds.metrics = metrics_.get();
  feeds.ask = [this](const std::string& uid, Group::Read read,
                     std::function<void(absl::StatusOr<Group::ReadResult>)> done) {
    supervisor_->Ask(uid, std::move(read), std::move(done));
  };
  feeds.seed = directory_->hash_seed();
  changes_ = std::make_unique<ChangeFeeds>(std::move(feeds));
  RETURN_IF_ERROR(supervisor_->Start());

  ASSIGN_OR_RETURN(http_,
                   HttpServer::Start({*manager_, *reader_, *ingestor_, *changes_, *metrics_, settings_, kVersion}));
  ASSIGN_OR_RETURN(grpc_, GrpcServer::Start({*manager_, *metrics_, settings_, kVersion, http_->address()}));
  RETURN_IF_ERROR(WriteEndpoints(directory_->endpoints_file(), {http_->address(), grpc_->address()}));
  fmt::print("freshetd {} serves http://{} and gRPC {} from {}\n", kVersion, http_->address(), grpc_->address(),
             settings_.data_dir);
  std::fflush(stdout);
  return absl::OkStatus();
}

void Standalone::ServeAndStop() {
  const int signal = WaitForStopSignal();
  spdlog::info("stopping: signal {}", signal);
  const StopDeadline deadline{std::chrono::milliseconds(settings_.stop_timeout_ms)};
  Drain();
  spdlog::info("stopped");
}

void Standalone::Drain() {
  ::unlink(directory_->endpoints_file().c_str());
  // From here on nothing new is begun, and whoever asks is told.
  manager_->Drain();
  ingestor_->Drain();
  http_->Drain();
  grpc_->Drain();
  changes_->Drain();
  std::this_thread::sleep_for(std::chrono::milliseconds(settings_.stop_notice_ms));
  // What runs gets its end: the shards still work, so rows that were taken become visible to those who wait for it.
  const uint64_t left_ms = settings_.stop_timeout_ms - settings_.stop_notice_ms;
  http_->Close(left_ms / 2);
  grpc_->Stop(left_ms / 8);
  supervisor_->Stop(std::chrono::milliseconds(left_ms / 4));
  // Those who waited for a shard that stands still have been told so by now.
  http_->Close(left_ms / 16);
  changes_->Stop();
  grpc_ = nullptr;
  http_->Stop();
}

// The usual soft limit of open files, 1024, is meant for programs that use select(); connections alone may be as many.
void AllowManyFiles() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int RunStandalone(const Settings& settings) {
  ::signal(SIGPIPE, SIG_IGN);
  AllowManyFiles();
  HoldStopSignals();
  Standalone standalone(settings);
  if (absl::Status status = standalone.Start(); !status.ok()) {
    spdlog::error("cannot start: {} ({})", StdView(status.message()), InfoOf(CodeOf(status)).name);
    return 1;
  }
  standalone.ServeAndStop();
  return 0;
}

}  // namespace freshet
