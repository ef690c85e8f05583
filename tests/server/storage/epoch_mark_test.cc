#include "server/storage/epoch_mark.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace freshet {
namespace {

TEST(EpochMarkTest, OutlivesItsProcess) {
  const std::string path = EpochMarkPath(testing::TempDir(), 7);
  ::unlink(path.c_str());
  EXPECT_EQ(EpochMark::Read(path).epoch, 0u);
  const pid_t child = ::fork();
  if (child == 0) {
    EpochMark mark(path);
    mark.Set({41, 40});
    mark.Set({1234567890123, 41});
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_GT(child, 0);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(EpochMark::Read(path).epoch, 1234567890123u);
  EXPECT_EQ(EpochMark::Read(path).after, 41u);
  EpochMark next(path);  // of a process that follows: it has run nothing yet
  EXPECT_EQ(EpochMark::Read(path).epoch, 0u);
}

TEST(EpochMarkTest, WithoutAFileNothingIsMarked) {
  EpochMark mark("/nowhere/epoch.0");
  mark.Set({5, 4});
  EXPECT_EQ(EpochMark::Read("/nowhere/epoch.0").epoch, 0u);
}

}  // namespace
}  // namespace freshet
