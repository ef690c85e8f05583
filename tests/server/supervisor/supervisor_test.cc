#include "server/supervisor/supervisor.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

class TestClock : public Clock {
 public:
  int64_t MonotonicMicros() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  int64_t UnixMicros() const override { return MonotonicMicros(); }
};

// Groups whose shards are other programs: they never say hello, or end at once.
class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/catalog");
    std::filesystem::create_directories(folder_ + "/run");
    settings_ = DefaultSettings();
    settings_.restart_backoff_ms_min = 1;
    settings_.restart_backoff_ms_max = 4;
    settings_.restart_failures_max = 3;
    catalog_ = *Catalog::Open(folder_ + "/catalog");
  }
  ~SupervisorTest() override {
    supervisor_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  void Start(std::vector<std::string> command) {
    Supervisor::Options options;
    options.settings = &settings_;
    options.catalog = catalog_.get();
    options.clock = &clock_;
    options.run_folder = folder_ + "/run";
    options.shard_command = std::move(command);
    options.on_change = [this](const std::string&) { ++changes_; };
    supervisor_ = std::make_unique<Supervisor>(std::move(options));
    ASSERT_TRUE(supervisor_->Start().ok());
  }

  std::string Create(uint32_t shards = 1) {
    v1::CatalogRevision revision;
    revision.mutable_plan()->mutable_options()->set_shards(shards);
    auto made = catalog_->Create("p", v1::Pipeline::STARTED, revision, 0);
    EXPECT_TRUE(made.ok());
    return made->entry.uid();
  }

  bool WaitForState(const std::string& uid, v1::Pipeline::State state) {
    for (int i = 0; i < 10'000 && supervisor_->Status(uid)->state != state; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return supervisor_->Status(uid)->state == state;
  }

  // Sleepers that run now. The shell before one has the same words, but none at all in the moment of its exec.
  int Running(const std::string& marker) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "cmdline", std::ios::binary);
      std::string text((std::istreambuf_iterator<char>(file)), {});
      count += text.starts_with("sleep " + marker);
    }
    return count;
  }

  // A process that ignores the arguments of the role and never connects; named so that Running finds it.
  std::vector<std::string> Sleeper() { return {"/bin/bash", "-c", "exec -a 'sleep " + folder_ + "' sleep 1000"}; }

  const std::string folder_ = ::testing::TempDir() + "supervisor_test";
  Settings settings_;
  TestClock clock_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Supervisor> supervisor_;
  std::atomic<int> changes_ = 0;
};

TEST_F(SupervisorTest, AGroupThatAlwaysEndsFailsWithItsReason) {
  std::string uid = Create();
  Start({"/bin/sh", "-c", "exit 7"});
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::FAILED));
  auto status = supervisor_->Status(uid);
  EXPECT_THAT(status->reason, HasSubstr("exit code 7"));
  EXPECT_EQ(status->reason_code, "SHARD_DIED");
  EXPECT_EQ(status->restarts, 4u);
  EXPECT_EQ(status->generation, 4u);  // each start was one
  EXPECT_EQ(catalog_->FindUid(uid)->entry.generation(), 4u);
  EXPECT_GT(changes_, 3);

  // A user who starts it anew gets as many tries again.
  supervisor_->Reconcile(uid, /*anew=*/true);
  EXPECT_NE(supervisor_->Status(uid)->state, v1::Pipeline::FAILED);
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::FAILED));
  EXPECT_EQ(catalog_->FindUid(uid)->entry.generation(), 8u);
}

TEST_F(SupervisorTest, AFailedPipelineStaysSoOverARestartOfTheServer) {
  std::string uid = Create();
  Start({"/bin/sh", "-c", "exit 7"});
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::FAILED));
  supervisor_ = nullptr;
  catalog_ = *Catalog::Open(folder_ + "/catalog");
  ASSERT_TRUE(catalog_->FindUid(uid)->entry.has_failure());
  Start({"/bin/sh", "-c", "exit 8"});
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::FAILED));
  EXPECT_THAT(supervisor_->Status(uid)->reason, HasSubstr("exit code 7"));
  EXPECT_EQ(supervisor_->Status(uid)->reason_code, "SHARD_DIED");
  EXPECT_EQ(supervisor_->Status(uid)->revision, 1u);
  EXPECT_EQ(catalog_->FindUid(uid)->entry.generation(), 4u);  // nothing was started

  ASSERT_TRUE(catalog_->SetDesiredState(uid, v1::Pipeline::STARTED, 1).ok());
  EXPECT_FALSE(catalog_->FindUid(uid)->entry.has_failure());
  supervisor_->Reconcile(uid, /*anew=*/true);
  for (int i = 0; i < 5000 && supervisor_->Status(uid)->generation < 8; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::FAILED));
  EXPECT_THAT(supervisor_->Status(uid)->reason, HasSubstr("exit code 8"));
}

TEST_F(SupervisorTest, AFailureOfTheMachineIsTriedAgainByTheNextServer) {
  std::string uid = Create();
  v1::CatalogFailure failure;
  failure.set_revision(1);
  failure.set_reason("no room");
  failure.set_code("DISK_FULL");
  ASSERT_TRUE(catalog_->SetFailure(uid, failure).ok());
  Start({"/bin/sh", "-c", "exit 7"});
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::FAILED));
  EXPECT_THAT(supervisor_->Status(uid)->reason, HasSubstr("exit code 7"));
}

TEST_F(SupervisorTest, SaysWhichSignalKilledAShard) {
  std::string uid = Create();
  Start({"/bin/sh", "-c", "kill -11 $$"});
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::FAILED));
  EXPECT_THAT(supervisor_->Status(uid)->reason, HasSubstr("signal 11"));
}

TEST_F(SupervisorTest, AShardThatSaysNothingIsKilled) {
  settings_.shard_timeout_ms = 40;
  std::string uid = Create(/*shards=*/2);
  Start(Sleeper());
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::FAILED));
  EXPECT_EQ(supervisor_->Status(uid)->reason_code, "SHARD_STALLED");
}

TEST_F(SupervisorTest, StopAndRemoveEndTheProcesses) {
  std::string uid = Create(/*shards=*/2);
  Start(Sleeper());
  for (int i = 0; i < 5000 && Running(folder_) < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(Running(folder_), 2);
  EXPECT_EQ(supervisor_->Status(uid)->state, v1::Pipeline::STARTING);
  ASSERT_TRUE(catalog_->SetDesiredState(uid, v1::Pipeline::HALTED, 1).ok());
  supervisor_->Reconcile(uid, false);
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::STOPPED));
  for (int i = 0; i < 5000 && Running(folder_) > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(Running(folder_), 0);

  ASSERT_TRUE(catalog_->SetDesiredState(uid, v1::Pipeline::STARTED, 2).ok());
  supervisor_->Reconcile(uid, true);
  for (int i = 0; i < 5000 && Running(folder_) < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  supervisor_->Stop(std::chrono::milliseconds(5000));
  EXPECT_EQ(Running(folder_), 0);
}

TEST_F(SupervisorTest, WaitsForShardsOfAnEarlierServer) {
  std::string uid = Create();
  std::string path = folder_ + "/run/" + uid.substr(0, 16) + ".lock";
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(fd, LOCK_SH), 0);
  Start(Sleeper());
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(Running(folder_), 0);
  EXPECT_EQ(catalog_->FindUid(uid)->entry.generation(), 0u);
  EXPECT_THAT(supervisor_->Status(uid)->reason, HasSubstr("earlier start"));
  ::close(fd);
  // A child between fork and exec may be met.
  for (int i = 0; i < 5000 && Running(folder_) != 1; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(Running(folder_), 1);
}

TEST_F(SupervisorTest, ReadsOfWhatDoesNotRunAnswerWithTheirCode) {
  std::string uid = Create();
  settings_.restart_failures_max = 1;
  Start({"/bin/sh", "-c", "exit 7"});
  ASSERT_TRUE(WaitForState(uid, v1::Pipeline::FAILED));
  auto ask = [&](const std::string& whose, uint64_t revision) {
    std::promise<absl::Status> promise;
    Group::Read read;
    read.revision = revision;
    read.request.mutable_rows();
    supervisor_->Ask(whose, std::move(read), [&](auto result) { promise.set_value(result.status()); });
    return CodeOf(promise.get_future().get());
  };
  EXPECT_EQ(ask(uid, 1), ErrorCode::kPipelineFailed);
  EXPECT_EQ(ask(uid, 2), ErrorCode::kPipelineReplaced);
  EXPECT_EQ(ask("nobody", 1), ErrorCode::kNotRunning);
}

}  // namespace
}  // namespace freshet
