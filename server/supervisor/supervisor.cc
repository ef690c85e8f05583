#include "server/supervisor/supervisor.h"

#include <condition_variable>
#include <filesystem>

#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "engine/base/check.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

constexpr auto kChangeInterval = std::chrono::milliseconds(100);

}  // namespace

Supervisor::Supervisor(Options options)
    : options_(std::move(options)), work_(io_.get_executor()), launcher_(std::make_unique<Launcher>(io_)) {
  environment_.io = &io_;
  environment_.settings = options_.settings;
  environment_.catalog = options_.catalog;
  environment_.launcher = launcher_.get();
  environment_.clock = options_.clock;
  environment_.run_folder = options_.run_folder;
  environment_.control_path = options_.run_folder + "/c";
  environment_.pipelines_folder = options_.pipelines_folder;
  environment_.shard_command = options_.shard_command;
  environment_.on_change = [this](const std::string& uid, bool now) { OnGroupChange(uid, now); };
  environment_.on_commit = [this](const std::string& uid) {
    if (options_.on_commit != nullptr) options_.on_commit(uid);
  };
}

Supervisor::~Supervisor() { Stop(std::chrono::milliseconds(options_.settings->stop_timeout_ms)); }

absl::Status Supervisor::Start() {
  ASSIGN_OR_RETURN(listener_,
                   UnixListener::Listen(io_, environment_.control_path,
                                        [this](FrameConnection::Socket socket) { Accepted(std::move(socket)); }));
  for (const CatalogPipeline& pipeline : options_.catalog->List()) {
    boost::asio::post(io_, [this, pipeline] { GroupOf(pipeline).Reconcile(pipeline, /*anew=*/false); });
  }
  RemoveLeftOvers();
  thread_ = std::thread([this] { io_.run(); });
  return absl::OkStatus();
}

void Supervisor::Stop(std::chrono::milliseconds timeout) {
  if (!thread_.joinable()) return;
  struct Waiter {
    std::mutex mutex;
    std::condition_variable condition;
    size_t left = 1;
    void Arrive() {
      std::lock_guard lock(mutex);
      if (--left == 0) condition.notify_one();
    }
  };
  auto waiter = std::make_shared<Waiter>();
  boost::asio::post(io_, [this, waiter] {
    {
      std::lock_guard lock(waiter->mutex);
      waiter->left += groups_.size();
    }
    for (auto& [uid, group] : groups_) group->Remove([waiter] { waiter->Arrive(); });
    waiter->Arrive();
  });
  {
    std::unique_lock lock(waiter->mutex);
    if (!waiter->condition.wait_for(lock, timeout, [&] { return waiter->left == 0; })) {
      spdlog::warn("shards did not end in time; they are killed");
    }
  }
  io_.stop();
  thread_.join();
  // Does what is posted; the end of its thread kills what still runs.
  launcher_ = nullptr;
  listener_ = nullptr;
}

Group& Supervisor::GroupOf(const CatalogPipeline& pipeline) {
  std::shared_ptr<Group>& group = groups_[pipeline.entry.uid()];
  if (group == nullptr) group = std::make_shared<Group>(&environment_, pipeline);
  return *group;
}

void Supervisor::Reconcile(const std::string& uid, bool anew) {
  if (anew) {  // who asks right after this must not see the failure before
    std::lock_guard lock(mutex_);
    auto found = statuses_.find(uid);
    if (found != statuses_.end() && found->second->state == v1::Pipeline::FAILED) {
      auto status = std::make_shared<GroupStatus>(*found->second);
      status->state = v1::Pipeline::STARTING;
      status->reason.clear();
      status->reason_code.clear();
      found->second = std::move(status);
    }
  }
  boost::asio::post(io_, [this, uid, anew] {
    // Read here, so that of two changes the later one stays.
    auto pipeline = options_.catalog->FindUid(uid);
    if (pipeline) GroupOf(*pipeline).Reconcile(*pipeline, anew);
  });
}

void Supervisor::Remove(const std::string& uid) {
  boost::asio::post(io_, [this, uid] {
    auto found = groups_.find(uid);
    if (found == groups_.end()) return;
    found->second->Remove([this, uid] {
      // Not within the group's own call.
      boost::asio::post(io_, [this, uid] {
        groups_.erase(uid);
        RemoveLeftOvers();
        std::lock_guard lock(mutex_);
        statuses_.erase(uid);
      });
    });
  });
}

// What shards kept of pipelines that are deleted, also by a server that died over it.
void Supervisor::RemoveLeftOvers() {
  launcher_->Post([catalog = options_.catalog, folder = options_.pipelines_folder] {
    std::error_code error;
    for (const auto& item : std::filesystem::directory_iterator(folder, error)) {
      if (catalog->FindUid(item.path().filename().string())) continue;
      std::error_code failed;
      std::filesystem::remove_all(item.path(), failed);
      if (failed) spdlog::warn("cannot remove {}: {}", item.path().string(), failed.message());
    }
  });
}

void Supervisor::Accepted(FrameConnection::Socket socket) {
  auto connection = FrameConnection::Make(std::move(socket));
  unnamed_.push_back(connection);
  connection->Start({
      .on_frame = [this, raw = connection.get()](std::string_view bytes) { OnHello(raw, bytes); },
      .on_closed = [this, raw = connection.get()](const absl::Status&) { Forget(raw); },
  });
}

void Supervisor::Forget(FrameConnection* raw) {
  std::erase_if(unnamed_, [raw](const auto& each) { return each.get() == raw; });
}

void Supervisor::OnHello(FrameConnection* raw, std::string_view bytes) {
  std::shared_ptr<FrameConnection> connection = raw->shared_from_this();
  Forget(raw);
  v1::FromShard message;
  bool hello = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) && message.has_hello();
  auto group = hello ? groups_.find(message.hello().pipeline_uid()) : groups_.end();
  if (group == groups_.end()) {
    spdlog::warn("refused a process that is no shard of a pipeline here");
    connection->Close();
    return;
  }
  group->second->OnHello(message.hello(), std::move(connection));
}

void Supervisor::OnGroupChange(const std::string& uid, bool now) {
  if (now) {
    // Not within the call that changes it: its state may be half done.
    boost::asio::post(io_, [this, uid] { Publish(uid); });
    return;
  }
  if (!change_due_.insert(uid).second) return;
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, kChangeInterval);
  timer->async_wait([this, uid, timer](const boost::system::error_code& error) {
    change_due_.erase(uid);
    if (!error) Publish(uid);
  });
}

void Supervisor::Publish(const std::string& uid) {
  auto group = groups_.find(uid);
  if (group == groups_.end()) return;
  auto status = std::make_shared<const GroupStatus>(group->second->Status());
  {
    std::lock_guard lock(mutex_);
    statuses_[uid] = std::move(status);
  }
  if (options_.on_change != nullptr) options_.on_change(uid);
}

std::shared_ptr<const GroupStatus> Supervisor::Status(const std::string& uid) const {
  std::lock_guard lock(mutex_);
  auto found = statuses_.find(uid);
  return found == statuses_.end() ? std::make_shared<const GroupStatus>() : found->second;
}

uint64_t Supervisor::Ask(const std::string& uid, Group::Read read,
                         std::function<void(absl::StatusOr<Group::ReadResult>)> done) {
  uint64_t id = ++last_read_;
  read.id = id;
  boost::asio::post(io_, [this, uid, read = std::move(read), done = std::move(done)]() mutable {
    auto group = groups_.find(uid);
    if (group == groups_.end()) {
      done(MakeError(ErrorCode::kNotRunning, "the pipeline is stopped; start it first"));
      return;
    }
    group->second->Ask(std::move(read), std::move(done));
  });
  return id;
}

void Supervisor::Ingest(const std::string& uid, uint64_t revision, v1::IngestCall call,
                        std::chrono::milliseconds timeout, GroupIngest::Done done) {
  boost::asio::post(io_, [this, uid, revision, call = std::move(call), timeout, done = std::move(done)]() mutable {
    auto group = groups_.find(uid);
    if (group == groups_.end())
      return done(MakeError(ErrorCode::kNotRunning, "the pipeline is stopped; start it first"));
    group->second->Ingest(revision, std::move(call), timeout, std::move(done));
  });
}

void Supervisor::CancelRead(const std::string& uid, uint64_t id) {
  boost::asio::post(io_, [this, uid, id] {
    auto group = groups_.find(uid);
    if (group != groups_.end()) group->second->CancelRead(id);
  });
}

}  // namespace freshet
