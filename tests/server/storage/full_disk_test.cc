#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/storage/log_folder.h"

namespace freshet {
namespace {

// How much more a disk takes, and what else fails.
struct Faults {
  uint64_t room = UINT64_MAX;
  int failing_syncs = 0;
};

class FaultyFile : public DiskFile {
 public:
  FaultyFile(std::unique_ptr<DiskFile> file, Faults* faults) : file_(std::move(file)), faults_(faults) {}

  absl::Status Write(uint64_t offset, std::string_view bytes) override {
    uint64_t size = Size().value();
    uint64_t grows = offset + bytes.size() > size ? offset + bytes.size() - size : 0;
    if (grows > faults_->room) {  // a part is written, as a system does
      RETURN_IF_ERROR(file_->Write(offset, bytes.substr(0, bytes.size() - (grows - faults_->room))));
      faults_->room = 0;
      return absl::ResourceExhaustedError("no space left on device");
    }
    if (faults_->room != UINT64_MAX) faults_->room -= grows;
    return file_->Write(offset, bytes);
  }
  absl::StatusOr<std::string> Read(uint64_t offset, size_t size) const override { return file_->Read(offset, size); }
  absl::StatusOr<uint64_t> Size() const override { return file_->Size(); }
  absl::Status Truncate(uint64_t size) override {
    if (faults_->room != UINT64_MAX) faults_->room += file_->Size().value() - size;
    return file_->Truncate(size);
  }
  absl::Status Sync() override {
    if (faults_->failing_syncs == 0) return file_->Sync();
    --faults_->failing_syncs;
    // As Linux does: the pages that could not be written are dropped, and the next sync knows nothing of them.
    RETURN_IF_ERROR(file_->Truncate(file_->Size().value() / 2));
    return absl::UnavailableError("input/output error");
  }

 private:
  const std::unique_ptr<DiskFile> file_;
  Faults* const faults_;
};

class FaultyDisk : public Disk {
 public:
  explicit FaultyDisk(Faults* faults) : faults_(faults) {}

  absl::StatusOr<std::unique_ptr<DiskFile>> Open(const std::string& path, Mode mode) override {
    ASSIGN_OR_RETURN(auto file, disk_->Open(path, mode));
    return std::make_unique<FaultyFile>(std::move(file), faults_);
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& folder) override { return disk_->List(folder); }
  absl::Status MakeFolder(const std::string& path) override { return disk_->MakeFolder(path); }
  absl::Status Rename(const std::string& from, const std::string& to) override { return disk_->Rename(from, to); }
  absl::Status Remove(const std::string& path) override { return disk_->Remove(path); }
  absl::Status SyncFolder(const std::string& path) override { return disk_->SyncFolder(path); }
  absl::StatusOr<std::unique_ptr<DiskLock>> Lock(const std::string& path) override { return disk_->Lock(path); }

 private:
  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
  Faults* const faults_;
};

class FullDiskTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(FullDiskTest, NothingIsDurableUntilThereIsRoomThenAllIs) {
  LogFolder folder;
  Faults faults;
  FaultyDisk disk(&faults);
  PipelineLogOptions options = folder.Options(1);
  options.disk = &disk;
  options.segment_bytes = 1000;
  auto log = PipelineLog::Open(std::move(options)).value();
  log->Append(MakeRequest(0, 500));
  ASSERT_TRUE(log->WriteAndSync().ok());
  std::vector<std::string> written = {Encoded(MakeRequest(0, 500))};
  const LogPosition durable = log->durable();
  faults.room = GetParam();
  absl::Status last;
  for (int i = 1; i < 8; ++i) {
    log->Append(MakeRequest(i, 400));
    written.push_back(Encoded(MakeRequest(i, 400)));
    last = log->WriteAndSync();
  }
  EXPECT_TRUE(absl::IsResourceExhausted(last)) << last;
  EXPECT_GT(log->metrics().failures, 0u);
  EXPECT_LT(log->durable(), log->end());
  EXPECT_LE(durable, log->durable());
  EXPECT_GT(log->queued_bytes(), 0u);
  faults.room = UINT64_MAX;
  ASSERT_TRUE(log->WriteAndSync().ok());
  EXPECT_EQ(log->durable(), log->end());
  EXPECT_EQ(log->queued_bytes(), 0u);
  log = nullptr;
  LogFolder::Content content = folder.OpenAndRead(2);
  EXPECT_TRUE(content.status.ok()) << content.status;
  EXPECT_EQ(content.records, written);
}

INSTANTIATE_TEST_SUITE_P(Room, FullDiskTest, ::testing::Values(0, 1, 63, 64, 65, 300, 500, 700, 1200, 2000));

TEST(FullDiskTest, WhatCouldNotBeSyncedIsWrittenAnew) {
  LogFolder folder;
  Faults faults;
  FaultyDisk disk(&faults);
  PipelineLogOptions options = folder.Options(1);
  options.disk = &disk;
  auto log = PipelineLog::Open(std::move(options)).value();
  log->Append(MakeRequest(1, 3000));
  faults.failing_syncs = 2;
  EXPECT_TRUE(absl::IsUnavailable(log->WriteAndSync()));
  EXPECT_TRUE(absl::IsUnavailable(log->WriteAndSync()));
  EXPECT_EQ(log->durable(), LogPosition());
  log->Append(MakeCut(1));
  ASSERT_TRUE(log->WriteAndSync().ok());
  log = nullptr;
  LogFolder::Content content = folder.OpenAndRead(2);
  EXPECT_TRUE(content.status.ok()) << content.status;
  EXPECT_THAT(content.records, ::testing::ElementsAre(Encoded(MakeRequest(1, 3000)), Encoded(MakeCut(1))));
}

}  // namespace
}  // namespace freshet
