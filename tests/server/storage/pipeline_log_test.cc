#include "server/storage/pipeline_log/pipeline_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/storage/pipeline_log/log_segment.h"
#include "tests/server/storage/log_folder.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PipelineLogTest, RecordsComeBackInOrderAfterReopening) {
  LogFolder folder;
  {
    auto log = PipelineLog::Open(folder.Options(1)).value();
    EXPECT_EQ(log->found().revision, 0u);
    log->Append(RevisionRecord{7, 2});
    LogSpan request = log->Append(MakeRequest(1, 100));
    LogSpan cut = log->Append(MakeCut(5));
    EXPECT_EQ(request.end, cut.begin);
    EXPECT_LT(log->durable(), request.begin);
    EXPECT_GT(log->queued_bytes(), 100u);
    ASSERT_TRUE(log->WriteAndSync().ok());
    EXPECT_EQ(log->durable(), cut.end);
    EXPECT_EQ(log->end(), cut.end);
    EXPECT_EQ(log->queued_bytes(), 0u);
    EXPECT_EQ(log->metrics().appended_bytes, cut.end.value());
  }
  auto log = PipelineLog::Open(folder.Options(2)).value();
  EXPECT_EQ(log->found().revision, 7u);
  EXPECT_EQ(log->found().history, 2u);
  EXPECT_EQ(log->found().torn_bytes, 0u);
  LogReader reader(folder.disk(), folder.path(), log->found().revision_position, {LogRecordKind::kCut});
  auto item = reader.Next(log->durable());
  ASSERT_TRUE(item.ok()) << item.status();
  ASSERT_TRUE(item->has_value());
  const auto& cut = std::get<CutRecord>((*item)->record);
  EXPECT_EQ(cut.epoch, Epoch(5));
  EXPECT_EQ(cut.positions, MakeCut(5).positions);
  EXPECT_EQ(cut.watermarks, MakeCut(5).watermarks);
  EXPECT_FALSE(reader.Next(log->durable()).value().has_value());
  EXPECT_THAT(folder.Read(log->durable()).records,
              ElementsAre(Encoded(RevisionRecord{7, 2}), Encoded(MakeRequest(1, 100)), Encoded(MakeCut(5))));
}

TEST(PipelineLogTest, SegmentsRollAndTheLastOneKnowsWhatCameBefore) {
  LogFolder folder;
  std::vector<std::string> written = {Encoded(RevisionRecord{3, 1})};
  for (uint64_t generation = 1; generation <= 3; ++generation) {
    PipelineLogOptions options = folder.Options(generation);
    options.segment_bytes = 1000;
    auto log = PipelineLog::Open(std::move(options)).value();
    if (generation == 1) log->Append(RevisionRecord{3, 1});
    for (int i = 0; i < 20; ++i) {
      RequestRecord request = MakeRequest(i, i == 7 ? 5000 : 150);
      written.push_back(Encoded(request));
      log->Append(request);
      if (i % 3 == 0) ASSERT_TRUE(log->WriteAndSync().ok());
    }
    ASSERT_TRUE(log->WriteAndSync().ok());
    EXPECT_GT(log->metrics().segments, 5 * generation);
    LogFolder::Content content = folder.Read(log->durable());
    EXPECT_TRUE(content.status.ok()) << content.status;
    EXPECT_EQ(content.records, written);
  }
  auto log = PipelineLog::Open(folder.Options(4)).value();
  EXPECT_EQ(log->found().revision, 3u);
  EXPECT_EQ(log->found().history, 1u);
  EXPECT_GT(log->found().segments, 15u);
}

TEST(PipelineLogTest, OlderGenerationsAndOtherProcessesAreRefused) {
  LogFolder folder;
  {
    auto log = PipelineLog::Open(folder.Options(5)).value();
    ASSERT_TRUE(log->WriteAndSync().ok());
    absl::Status other = PipelineLog::Open(folder.Options(6)).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
    EXPECT_THAT(other.message(), HasSubstr("locked"));
  }
  for (uint64_t older : {4, 5}) {
    absl::Status status = PipelineLog::Open(folder.Options(older)).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(status.message(), HasSubstr("generation 5"));
  }
  EXPECT_TRUE(PipelineLog::Open(folder.Options(6)).ok());
}

// A crash leaves any prefix of what was not acknowledged: what was, is there; what is whole, is kept; the log goes on.
TEST(PipelineLogTest, TornTailAtEveryByte) {
  for (uint64_t segment_bytes : {uint64_t{1} << 20, uint64_t{300}}) {
    LogFolder folder;
    PipelineLogOptions options = folder.Options(1);
    options.segment_bytes = segment_bytes;
    auto log = PipelineLog::Open(std::move(options)).value();
    log->Append(MakeRequest(1, 200));
    ASSERT_TRUE(log->WriteAndSync().ok());
    const uint64_t acknowledged = log->durable().value();
    const LogFolder::Files before = folder.Save();
    std::vector<LogSpan> spans = {log->Append(MakeRequest(2, 150)), log->Append(MakeCut(1)), log->Append(MakeCut(2))};
    const std::vector<std::string> all = {Encoded(MakeRequest(1, 200)), Encoded(MakeRequest(2, 150)),
                                          Encoded(MakeCut(1)), Encoded(MakeCut(2))};
    ASSERT_TRUE(log->WriteAndSync().ok());
    const uint64_t end = log->durable().value();
    LogFolder::Files after = folder.Save();
    after["durable"] = before.at("durable");
    log = nullptr;
    for (uint64_t cut = acknowledged; cut <= end; ++cut) {
      LogFolder::Files torn;
      for (const auto& [name, content] : after) {
        std::optional<uint64_t> start = ParseSegmentName(name);
        if (!start) torn[name] = content;
        if (start && *start <= cut) torn[name] = content.substr(0, cut - *start);
      }
      folder.Restore(torn);
      size_t whole = 1;
      for (const LogSpan& span : spans) whole += span.end.value() <= cut ? 1 : 0;
      PipelineLogOptions again = folder.Options(2);
      again.segment_bytes = segment_bytes;
      again.fsync = false;  // faster; what is cut is the same
      auto opened = PipelineLog::Open(std::move(again));
      ASSERT_TRUE(opened.ok()) << "cut at " << cut << ": " << opened.status();
      (*opened)->Append(MakeCut(9));
      ASSERT_TRUE((*opened)->WriteAndSync().ok());
      LogFolder::Content content = folder.Read((*opened)->durable());
      ASSERT_TRUE(content.status.ok()) << "cut at " << cut << ": " << content.status;
      std::vector<std::string> expected(all.begin(), all.begin() + static_cast<ptrdiff_t>(whole));
      expected.push_back(Encoded(MakeCut(9)));
      ASSERT_EQ(content.records, expected) << "cut at " << cut;
    }
  }
}

TEST(PipelineLogTest, FlippedBitsAndTruncationsAreDetectedOrHarmless) {
  for (bool fsync : {true, false}) {
    LogFolder folder;
    std::vector<std::string> written;
    {
      PipelineLogOptions options = folder.Options(1);
      options.segment_bytes = 4000;
      options.fsync = fsync;
      auto log = PipelineLog::Open(std::move(options)).value();
      for (int i = 0; i < 60; ++i) {
        LogRecord record = i % 2 == 0 ? LogRecord(MakeRequest(i, 300)) : LogRecord(MakeCut(i));
        written.push_back(Encoded(record));
        log->Append(record);
        ASSERT_TRUE(log->WriteAndSync().ok());
      }
    }
    LogFolder::Files whole = folder.Save();
    std::erase_if(whole, [](const auto& file) { return file.second.empty(); });  // the lock: nothing to damage
    ASSERT_GE(whole.size(), 5u);
    std::mt19937_64 random(20261124);
    int detected = 0;
    for (int i = 0; i < 200; ++i) {
      LogFolder::Files damaged = whole;
      auto file = std::next(damaged.begin(), static_cast<ptrdiff_t>(random() % damaged.size()));
      const bool truncate = random() % 4 == 0;
      const uint64_t at = random() % file->second.size();
      if (truncate) {
        file->second.resize(at);
      } else {
        file->second[at] = static_cast<char>(file->second[at] ^ (1 << random() % 8));
      }
      folder.Restore(damaged);
      LogFolder::Content content = folder.OpenAndRead(2);
      const std::string what = fmt::format("{} at byte {} of {}", truncate ? "truncated" : "flipped", at, file->first);
      if (content.status.ok()) {
        ASSERT_EQ(content.records, written) << what;
      } else {
        ++detected;
        ASSERT_TRUE(absl::IsDataLoss(content.status)) << what << ": " << content.status;
        ASSERT_THAT(std::string(content.status.message()), HasSubstr(folder.path())) << what;
      }
    }
    EXPECT_GT(detected, 120);
  }
}

TEST(PipelineLogTest, WithoutFsyncTheMarkHoldsForOneRunOfTheMachine) {
  LogFolder folder;
  LogSpan first;
  {
    PipelineLogOptions options = folder.Options(1);
    options.fsync = false;
    auto log = PipelineLog::Open(std::move(options)).value();
    first = log->Append(MakeCut(1));
    log->Append(MakeCut(2));
    ASSERT_TRUE(log->WriteAndSync().ok());
  }
  std::filesystem::resize_file(folder.FileOf(SegmentName(0)), first.end.value() + 10);
  absl::Status same_run = PipelineLog::Open(folder.Options(2)).status();
  EXPECT_TRUE(absl::IsDataLoss(same_run)) << same_run;
  PipelineLogOptions later = folder.Options(2);
  later.machine_run = "after a power cut";
  auto log = PipelineLog::Open(std::move(later));
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_GT((*log)->found().torn_bytes, 0u);
  EXPECT_THAT(folder.Read((*log)->durable()).records, ElementsAre(Encoded(MakeCut(1))));
}

TEST(PipelineLogTest, RecordsOfANewerReleaseAreRefused) {
  LogFolder folder;
  uint64_t end = 0;
  {
    auto log = PipelineLog::Open(folder.Options(1)).value();
    ASSERT_TRUE(log->WriteAndSync().ok());
    end = log->durable().value();
  }
  LogFolder::Files files = folder.Save();
  EncodeRecord(static_cast<LogRecordKind>(77), "what a newer release writes", end, &files[SegmentName(0)]);
  folder.Restore(files);
  absl::Status status = PipelineLog::Open(folder.Options(2)).status();
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("kind 77"));
}

}  // namespace
}  // namespace freshet
