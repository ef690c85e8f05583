#include "server/shard/journal/log_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/errors/error_list.h"
#include "server/shard/system_clock.h"
#include "tests/server/storage/log_folder.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

// A writer that has opened its log.
class OpenWriter {
 public:
  OpenWriter(LogFolder& folder, uint64_t generation, uint64_t revision) {
    LogWriter::Options options;
    options.log = folder.Options(generation);
    options.revision = revision;
    options.clock = &clock_;
    LogWriter::Handlers handlers;
    handlers.on_opened = [this](absl::Status status) {
      std::lock_guard lock(mutex_);
      opened_ = std::move(status);
      changed_.notify_all();
    };
    handlers.on_durable = [this] {
      std::lock_guard lock(mutex_);
      changed_.notify_all();
    };
    writer_ = std::make_unique<LogWriter>(std::move(options), std::move(handlers));
    writer_->StartThread();
    Await([this] { return opened_.has_value(); });
  }

  // Looks each time that something has become durable.
  template <typename Holds>
  void Await(Holds holds) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), holds));
  }

  absl::Status opened() const { return *opened_; }
  LogWriter& operator*() { return *writer_; }
  LogWriter* operator->() { return writer_.get(); }

 private:
  SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<absl::Status> opened_;
  std::unique_ptr<LogWriter> writer_;
};

std::vector<uint64_t> EpochsOf(LogReplay& replay) {
  std::vector<uint64_t> epochs;
  while (true) {
    auto next = replay.Next();
    EXPECT_TRUE(next.ok()) << next.status();
    if (!next.ok() || !next->has_value()) return epochs;
    epochs.push_back((*next)->epoch.value());
  }
}

TEST(LogJournalTest, ARestartRunsTheCutsOfItsRevisionAgain) {
  LogFolder folder;
  {
    OpenWriter writer(folder, 1, 3);
    ASSERT_TRUE(writer.opened().ok()) << writer.opened();
    EXPECT_EQ(writer->journaled(), 0u);
    EXPECT_EQ(writer->history(), 1u);
    LogJournal journal(&*writer);
    EXPECT_EQ(journal.DurableEpoch(), Epoch());
    for (int epoch = 1; epoch <= 4; ++epoch) journal.Append(MakeCut(epoch));
    writer.Await([&] { return journal.DurableEpoch() == Epoch(4); });
    EXPECT_GE(writer->status().syncs, 1u);
    EXPECT_EQ(writer->status().problem, "");
    LogReplay nothing(&*writer);
    EXPECT_EQ(EpochsOf(nothing), std::vector<uint64_t>()) << "what this generation cut is not run again";
  }
  {
    OpenWriter writer(folder, 2, 3);
    EXPECT_EQ(writer->journaled(), 4u);
    EXPECT_EQ(writer->last_journaled(), Epoch(4));
    EXPECT_TRUE(writer->load_journaled());
    LogReplay replay(&*writer);
    LogJournal journal(&*writer);
    journal.Append(MakeCut(9));
    EXPECT_EQ(EpochsOf(replay), (std::vector<uint64_t>{1, 2, 3, 4}));
    writer.Await([&] { return journal.DurableEpoch() == Epoch(9); });
  }
  {
    OpenWriter other(folder, 3, 5);
    EXPECT_EQ(other->journaled(), 0u) << "another revision starts anew";
    EXPECT_EQ(other->history(), 2u);
    LogJournal journal(&*other);
    journal.Append(MakeCut(12));
    other.Await([&] { return journal.DurableEpoch() == Epoch(12); });
  }
  OpenWriter again(folder, 4, 5);
  LogReplay replay(&*again);
  EXPECT_EQ(EpochsOf(replay), (std::vector<uint64_t>{12}));
  EXPECT_EQ(again->history(), 2u);
}

TEST(LogJournalTest, ARestartKnowsTheHistoryThatASourceChangeBegan) {
  LogFolder folder;
  {
    OpenWriter writer(folder, 1, 3);
    EXPECT_FALSE(writer->changed_history().has_value());
    LogJournal journal(&*writer);
    journal.Append(MakeCut(1));
    writer->log()->Append(HistoryRecord{2, "other rows", Epoch(50), 77});
    journal.Append(MakeCut(51));
    writer.Await([&] { return journal.DurableEpoch() == Epoch(51); });
  }
  {
    OpenWriter writer(folder, 2, 3);
    ASSERT_TRUE(writer->changed_history().has_value());
    EXPECT_EQ(writer->changed_history()->first_epoch, Epoch(50));
    EXPECT_EQ(writer->changed_history()->differences, 77u);
    EXPECT_EQ(writer->history(), 2u);
    LogReplay replay(&*writer);
    EXPECT_EQ(EpochsOf(replay), (std::vector<uint64_t>{1, 51}));
  }
  OpenWriter other(folder, 3, 4);
  EXPECT_FALSE(other->changed_history().has_value()) << "it was another revision's";
}

TEST(LogJournalTest, ADamagedCutIsToldAtTheStart) {
  LogFolder folder;
  {
    OpenWriter writer(folder, 1, 1);
    LogJournal journal(&*writer);
    for (int epoch = 1; epoch <= 4; ++epoch) journal.Append(MakeCut(epoch));
    writer.Await([&] { return journal.DurableEpoch() == Epoch(4); });
  }
  LogFolder::Files files = folder.Save();
  std::string& segment = files.begin()->second;
  segment[segment.size() / 2] ^= 1;
  folder.Restore(files);
  OpenWriter writer(folder, 2, 1);
  EXPECT_EQ(CodeOf(writer.opened()), ErrorCode::kLogDamaged);
  EXPECT_THAT(std::string(writer.opened().message()), HasSubstr(folder.path()));
}

}  // namespace
}  // namespace freshet
