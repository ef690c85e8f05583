#include "server/catalog/data_directory.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/errors/error_list.h"
#include "server/transport/unix_socket.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

class DataDirectoryTest : public ::testing::Test {
 protected:
  DataDirectoryTest() { std::filesystem::remove_all(path_); }
  ~DataDirectoryTest() override { std::filesystem::remove_all(path_); }

  const std::string path_ = ::testing::TempDir() + "data_directory_test";
};

TEST_F(DataDirectoryTest, KeepsItsUidAndSeed) {
  std::string uid;
  uint64_t seed = 0;
  {
    auto directory = DataDirectory::Open(path_);
    ASSERT_TRUE(directory.ok()) << directory.status();
    uid = (*directory)->uid();
    seed = (*directory)->hash_seed();
    EXPECT_EQ(uid.size(), 32u);
  }
  auto directory = DataDirectory::Open(path_);
  ASSERT_TRUE(directory.ok()) << directory.status();
  EXPECT_EQ((*directory)->uid(), uid);
  EXPECT_EQ((*directory)->hash_seed(), seed);
}

TEST_F(DataDirectoryTest, RefusesASecondDaemon) {
  auto first = DataDirectory::Open(path_);
  ASSERT_TRUE(first.ok());
  auto second = DataDirectory::Open(path_);
  EXPECT_EQ(CodeOf(second.status()), ErrorCode::kDataDirectoryLocked);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("pid " + std::to_string(::getpid())));
}

TEST_F(DataDirectoryTest, AKilledDaemonLeavesNoLock) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t child = ::fork();
  if (child == 0) {
    auto directory = DataDirectory::Open(path_);
    char byte = directory.ok() ? 1 : 0;
    (void)!::write(ready[1], &byte, 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 1);
  EXPECT_FALSE(DataDirectory::Open(path_).ok());
  ::kill(child, SIGKILL);
  int result;
  ::waitpid(child, &result, 0);
  EXPECT_TRUE(DataDirectory::Open(path_).ok());
}

TEST_F(DataDirectoryTest, RefusesOtherFormats) {
  ASSERT_TRUE(DataDirectory::Open(path_).ok());
  ASSERT_TRUE(SmallFiles().Write(path_ + "/FORMAT", "99").ok());
  EXPECT_EQ(CodeOf(DataDirectory::Open(path_).status()), ErrorCode::kDataDirectoryVersion);
  std::filesystem::remove(path_ + "/FORMAT");
  EXPECT_EQ(CodeOf(DataDirectory::Open(path_).status()), ErrorCode::kDataDirectoryVersion);
}

TEST_F(DataDirectoryTest, CleansStaleSocketsButKeepsLocks) {
  std::string run;
  {
    auto directory = DataDirectory::Open(path_);
    ASSERT_TRUE(directory.ok());
    run = (*directory)->run_folder();
  }
  std::filesystem::create_directories(run + "/abc.1");
  std::ofstream(run + "/abc.1/0") << "";
  std::ofstream(run + "/abc.lock") << "";
  ASSERT_TRUE(DataDirectory::Open(path_).ok());
  EXPECT_FALSE(std::filesystem::exists(run + "/abc.1"));
  EXPECT_TRUE(std::filesystem::exists(run + "/abc.lock"));
}

TEST_F(DataDirectoryTest, ALongPathHasAShortRunFolder) {
  std::string deep = path_ + "/" + std::string(100, 'x');
  auto directory = DataDirectory::Open(deep);
  ASSERT_TRUE(directory.ok()) << directory.status();
  EXPECT_LT((*directory)->run_folder().size() + 36, kUnixPathBytesMax);
  std::filesystem::remove_all((*directory)->run_folder());
}

TEST_F(DataDirectoryTest, SaysWhatTheDiskSays) {
  std::ofstream(path_) << "a file";
  EXPECT_THAT(std::string(DataDirectory::Open(path_).status().message()), HasSubstr(path_));
}

}  // namespace
}  // namespace freshet
