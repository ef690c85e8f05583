#include "server/catalog/catalog.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/catalog/data_directory.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~CatalogTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Catalog> Open() {
    auto catalog = Catalog::Open(folder_);
    EXPECT_TRUE(catalog.ok()) << catalog.status();
    return *std::move(catalog);
  }

  static v1::CatalogRevision Revision(const std::string& name) {
    v1::CatalogRevision revision;
    revision.mutable_plan()->set_name(name);
    return revision;
  }

  static v1::SourceExtents Extents(int64_t end) {
    v1::SourceExtents extents;
    v1::PartitionExtent* partition = extents.add_sources()->add_partitions();
    partition->set_partition("a.csv");
    partition->set_end(end);
    return extents;
  }

  const std::string folder_ = ::testing::TempDir() + "catalog_test";
};

TEST_F(CatalogTest, KeepsEverythingOverRestarts) {
  std::string uid;
  {
    auto catalog = Open();
    auto made = catalog->Create("flights", v1::Pipeline::STARTED, Revision("one"), 5);
    ASSERT_TRUE(made.ok()) << made.status();
    uid = made->entry.uid();
    ASSERT_TRUE(catalog->SetExtents(uid, 1, Extents(10)).ok());
    v1::CatalogPositions positions;
    positions.set_extents_revision(1);
    positions.set_epoch(7);
    ASSERT_TRUE(catalog->SetPositions(uid, positions).ok());
    ASSERT_TRUE(catalog->AddRevision(uid, Revision("two"), /*keep_extents=*/true, 6).ok());
    ASSERT_TRUE(catalog->SetDesiredState(uid, v1::Pipeline::HALTED, 7).ok());
  }
  auto catalog = Open();
  auto found = catalog->Find("flights");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->entry.uid(), uid);
  EXPECT_EQ(found->entry.revision(), 2u);
  EXPECT_EQ(found->entry.desired_state(), v1::Pipeline::HALTED);
  EXPECT_EQ(found->entry.version(), 3u);
  EXPECT_EQ(found->entry.create_time_micros(), 5);
  EXPECT_EQ(found->revision->plan().name(), "two");
  ASSERT_NE(found->extents, nullptr);
  EXPECT_EQ(found->extents->sources(0).partitions(0).end(), 10);
  ASSERT_NE(found->positions, nullptr);
  EXPECT_EQ(found->positions->epoch(), 7u);
}

TEST_F(CatalogTest, AChangedDefinitionForgetsExtentsAndPositions) {
  auto catalog = Open();
  std::string uid = catalog->Create("p", v1::Pipeline::STARTED, Revision("one"), 0)->entry.uid();
  ASSERT_TRUE(catalog->SetExtents(uid, 1, Extents(10)).ok());
  auto changed = catalog->AddRevision(uid, Revision("two"), /*keep_extents=*/false, 0);
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->extents, nullptr);
  EXPECT_EQ(CodeOf(catalog->SetExtents(uid, 1, Extents(11))), ErrorCode::kNotFound);
  EXPECT_EQ(Open()->Find("p")->extents, nullptr);
}

TEST_F(CatalogTest, KeepsAFailureUntilAnythingBeginsAnew) {
  v1::CatalogFailure failure;
  failure.set_revision(1);
  failure.set_reason("no such file");
  failure.set_code("NOT_FOUND");
  std::string uid = Open()->Create("p", v1::Pipeline::STARTED, Revision("one"), 0)->entry.uid();
  auto has_failure = [&] { return Open()->FindUid(uid)->entry.has_failure(); };
  ASSERT_TRUE(Open()->SetFailure(uid, failure).ok());
  EXPECT_EQ(Open()->FindUid(uid)->entry.failure().reason(), "no such file");
  ASSERT_TRUE(Open()->SetDesiredState(uid, v1::Pipeline::STARTED, 1).ok());
  EXPECT_FALSE(has_failure());
  ASSERT_TRUE(Open()->SetFailure(uid, failure).ok());
  ASSERT_TRUE(Open()->ReserveStart(uid).ok());
  EXPECT_FALSE(has_failure());
  ASSERT_TRUE(Open()->SetFailure(uid, failure).ok());
  ASSERT_TRUE(Open()->AddRevision(uid, Revision("two"), /*keep_extents=*/false, 2).ok());
  EXPECT_FALSE(has_failure());
  EXPECT_TRUE(absl::IsNotFound(Open()->SetFailure(uid, failure)));  // of a revision before
}

TEST_F(CatalogTest, GivesGenerationsAndEpochsOnce) {
  auto catalog = Open();
  std::string uid = catalog->Create("p", v1::Pipeline::STARTED, Revision("one"), 0)->entry.uid();
  auto first = catalog->ReserveStart(uid);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->generation, 1u);
  EXPECT_EQ(first->first_epoch, 1u);
  auto more = catalog->ReserveEpochs(uid);
  ASSERT_TRUE(more.ok());
  EXPECT_EQ(*more, first->end_epoch + Catalog::kEpochBlock);
  ASSERT_TRUE(catalog->AddRevision(uid, Revision("two"), false, 0).ok());
  auto second = Open()->ReserveStart(uid);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->generation, 2u);
  EXPECT_EQ(second->first_epoch, *more);
}

TEST_F(CatalogTest, RefusesASecondOfTheSameNameAndForgetsTheDeleted) {
  auto catalog = Open();
  auto made = catalog->Create("p", v1::Pipeline::STARTED, Revision("one"), 0);
  EXPECT_EQ(CodeOf(catalog->Create("p", v1::Pipeline::STARTED, Revision("two"), 0).status()),
            ErrorCode::kAlreadyExists);
  ASSERT_TRUE(catalog->Delete(made->entry.uid()).ok());
  EXPECT_EQ(CodeOf(catalog->Delete(made->entry.uid())), ErrorCode::kNotFound);
  EXPECT_TRUE(Open()->List().empty());
  auto again = catalog->Create("p", v1::Pipeline::STARTED, Revision("two"), 0);
  ASSERT_TRUE(again.ok());
  EXPECT_NE(again->entry.uid(), made->entry.uid());
}

TEST_F(CatalogTest, KeepsABoundedNumberOfRevisions) {
  auto catalog = Open();
  std::string uid = catalog->Create("p", v1::Pipeline::STARTED, Revision("x"), 0)->entry.uid();
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(catalog->AddRevision(uid, Revision("x"), i % 2 == 0, 0).ok());
  int revisions = 0;
  for (const auto& item : std::filesystem::directory_iterator(folder_ + "/" + uid)) {
    revisions += item.path().filename().string().starts_with("revision-");
  }
  EXPECT_EQ(revisions, static_cast<int>(Catalog::kRevisionsKept));
  EXPECT_EQ(Open()->Find("p")->entry.revision(), 26u);
}

TEST_F(CatalogTest, NamesADamagedFile) {
  std::string uid = Open()->Create("p", v1::Pipeline::STARTED, Revision("one"), 0)->entry.uid();
  std::string path = folder_ + "/" + uid + "/entry";
  std::ifstream file(path, std::ios::binary);
  std::string whole((std::istreambuf_iterator<char>(file)), {});
  for (size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(whole.data(), static_cast<std::streamsize>(size));
    auto catalog = Catalog::Open(folder_);
    EXPECT_EQ(catalog.status().code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_THAT(std::string(catalog.status().message()), HasSubstr(path));
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] ^= 0x10;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << flipped;
    EXPECT_EQ(Catalog::Open(folder_).status().code(), absl::StatusCode::kDataLoss) << at;
  }
}

// One process does a series of calls and ends before its step `k`, for every k; what the next one reads must be the
// state after some number of whole calls, and numbers given out before must not come again.
TEST_F(CatalogTest, ACrashBetweenAnyTwoStepsLeavesWholeCalls) {
  constexpr int kCompleted = 42, kEnded = 43;
  bool completed = false;
  for (int k = 0; !completed; ++k) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    pid_t child = ::fork();
    if (child == 0) {
      int steps = 0;
      SmallFiles files([&](std::string_view) {
        if (steps++ == k) ::_exit(kEnded);
      });
      auto tell = [&](char call) { (void)!::write(told[1], &call, 1); };
      auto catalog = Catalog::Open(folder_, files);
      if (!catalog.ok()) ::_exit(1);
      auto made = (*catalog)->Create("p", v1::Pipeline::STARTED, Revision("one"), 0);
      if (!made.ok()) ::_exit(1);
      tell('c');
      std::string uid = made->entry.uid();
      if (!(*catalog)->ReserveStart(uid).ok()) ::_exit(1);
      tell('g');
      if (!(*catalog)->SetExtents(uid, 1, Extents(1)).ok()) ::_exit(1);
      tell('x');
      if (!(*catalog)->AddRevision(uid, Revision("two"), false, 0).ok()) ::_exit(1);
      tell('r');
      if (!(*catalog)->SetDesiredState(uid, v1::Pipeline::HALTED, 0).ok()) ::_exit(1);
      tell('h');
      if (!(*catalog)->Delete(uid).ok()) ::_exit(1);
      tell('d');
      ::_exit(kCompleted);
    }
    ::close(told[1]);
    int result = 0;
    ASSERT_EQ(::waitpid(child, &result, 0), child);
    std::string done(16, '\0');
    done.resize(static_cast<size_t>(std::max<ssize_t>(0, ::read(told[0], done.data(), done.size()))));
    ::close(told[0]);
    ASSERT_TRUE(WIFEXITED(result));
    completed = WEXITSTATUS(result) == kCompleted;
    ASSERT_TRUE(completed || WEXITSTATUS(result) == kEnded) << WEXITSTATUS(result);

    auto catalog = Catalog::Open(folder_);
    ASSERT_TRUE(catalog.ok()) << "after " << done << ": " << catalog.status();
    auto found = (*catalog)->Find("p");
    auto was = [&](char call) { return done.find(call) != std::string::npos; };
    if (was('d')) EXPECT_FALSE(found.has_value());
    if (was('c') && !was('h')) ASSERT_TRUE(found.has_value()) << done;
    if (!found) continue;
    EXPECT_GE(found->entry.generation(), was('g') ? 1u : 0u);
    auto next = (*catalog)->ReserveStart(found->entry.uid());
    ASSERT_TRUE(next.ok());
    if (was('g')) EXPECT_GT(next->first_epoch, Catalog::kEpochBlock);
    EXPECT_EQ(found->revision->plan().name(), found->entry.revision() == 1 ? "one" : "two");
    if (was('x') && found->entry.revision() == 1) EXPECT_NE(found->extents, nullptr);
    if (found->entry.revision() == 2) EXPECT_EQ(found->extents, nullptr);
    if (was('r')) EXPECT_EQ(found->entry.revision(), 2u);
    if (was('h')) EXPECT_EQ(found->entry.desired_state(), v1::Pipeline::HALTED);
  }
}

}  // namespace
}  // namespace freshet
