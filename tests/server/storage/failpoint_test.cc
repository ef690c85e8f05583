#include "server/storage/failpoint.h"

#include <gtest/gtest.h>

#include "tests/server/storage/log_folder.h"

namespace freshet {
namespace {

TEST(FailpointTest, NamesAndActionsAreChecked) {
  EXPECT_TRUE(ArmFailpoints("log_before_sync=crash@3,log_torn_write=crash", "").ok());
  EXPECT_TRUE(failpoints_armed);
  EXPECT_FALSE(FailpointFires(Failpoint::kLogBeforeSync));
  EXPECT_FALSE(FailpointFires(Failpoint::kLogBeforeSync));
  EXPECT_TRUE(FailpointFires(Failpoint::kLogBeforeSync));
  EXPECT_FALSE(FailpointFires(Failpoint::kLogBeforeSync));
  EXPECT_FALSE(FailpointFires(Failpoint::kLogAfterSync));
  for (const char* wrong : {"no_such=crash", "log_before_sync", "log_before_sync=stop", "log_before_sync=crash@0",
                            "log_before_sync=crash@x", ","}) {
    EXPECT_FALSE(ArmFailpoints(wrong, "").ok()) << wrong;
  }
  EXPECT_TRUE(ArmFailpoints("", "").ok());
  EXPECT_FALSE(failpoints_armed);
}

TEST(FailpointTest, FiresOnceWhereItLeavesAFile) {
  LogFolder folder;
  std::filesystem::create_directory(folder.path());
  for (bool fires : {true, false}) {
    ASSERT_TRUE(ArmFailpoints("log_before_write=crash", folder.path()).ok());
    EXPECT_EQ(FailpointFires(Failpoint::kLogBeforeWrite), fires);
  }
  EXPECT_TRUE(ArmFailpoints("", "").ok());
}

// Each failpoint ends a process that writes; what it had acknowledged is there, and the log goes on.
TEST(FailpointTest, ALogSurvivesEachOfItsFailpoints) {
  for (const FailpointInfo& info : kFailpoints) {
    if (!info.name.starts_with("log_")) continue;            // tests/system/test_failpoints.py
    if (info.failpoint == Failpoint::kLogTailCut) continue;  // below
    LogFolder folder;
    auto write = [&] {
      CHECK(ArmFailpoints(std::string(info.name) + "=crash@3", "").ok());
      PipelineLogOptions options = folder.Options(1);
      options.segment_bytes = 1500;
      auto log = PipelineLog::Open(std::move(options)).value();
      for (int i = 0; i < 30; ++i) {
        log->Append(MakeRequest(i, 400));
        CHECK(log->WriteAndSync().ok());
        std::ofstream(folder.path() + "/../acknowledged") << i + 1 << std::endl;
      }
    };
    EXPECT_EXIT(write(), ::testing::KilledBySignal(SIGKILL), std::string(info.name));
    int acknowledged = 0;
    std::ifstream(folder.path() + "/../acknowledged") >> acknowledged;
    LogFolder::Content content = folder.OpenAndRead(2);
    ASSERT_TRUE(content.status.ok()) << info.name << ": " << content.status;
    ASSERT_GE(content.records.size(), static_cast<size_t>(acknowledged)) << info.name;
    ASSERT_LE(content.records.size(), static_cast<size_t>(acknowledged) + 1) << info.name;
    for (size_t i = 0; i < content.records.size(); ++i) {
      EXPECT_EQ(content.records[i], Encoded(MakeRequest(static_cast<int>(i), 400))) << info.name;
    }
  }
}

TEST(FailpointTest, ATailIsCutAgainAfterACrashThere) {
  LogFolder folder;
  auto first = PipelineLog::Open(folder.Options(1)).value();
  first->Append(MakeCut(1));
  ASSERT_TRUE(first->WriteAndSync().ok());
  first = nullptr;
  LogFolder::Files files = folder.Save();
  files.begin()->second += "half of a record";
  folder.Restore(files);
  auto open = [&] {
    CHECK(ArmFailpoints("log_tail_cut=crash", "").ok());
    CHECK(PipelineLog::Open(folder.Options(2)).ok());
  };
  EXPECT_EXIT(open(), ::testing::KilledBySignal(SIGKILL), "log_tail_cut");
  LogFolder::Content content = folder.OpenAndRead(3);
  EXPECT_TRUE(content.status.ok()) << content.status;
  EXPECT_EQ(content.records.size(), 1u);
}

}  // namespace
}  // namespace freshet
