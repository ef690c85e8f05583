#include "engine/runtime/conductor.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace freshet {
namespace {

// Durable when the test says so.
class SlowJournal : public Journal {
 public:
  void Append(const CutRecord& record) override { records.push_back(record); }
  Epoch DurableEpoch() const override { return durable; }
  std::vector<CutRecord> records;
  Epoch durable;
};

class RecordingLink : public Link {
 public:
  void Send(ShardId to, Frame frame) override { sent.emplace_back(to, std::move(frame)); }
  // The frames of one kind, oldest first, and forgets all.
  template <typename T>
  std::vector<std::pair<ShardId, T>> Take() {
    std::vector<std::pair<ShardId, T>> result;
    for (auto& [to, frame] : sent) {
      if (auto* wanted = std::get_if<T>(&frame)) result.emplace_back(to, *wanted);
    }
    sent.clear();
    return result;
  }
  std::vector<std::pair<ShardId, Frame>> sent;
};

class ConductorTest : public testing::Test {
 protected:
  void Make(Conductor::Options options) {
    options.shard_count = 2;
    options.source_count = 1;
    conductor_ = std::make_unique<Conductor>(std::move(options), &clock_, &journal_, &link_);
    conductor_->Start();
  }
  void PollAll() {
    while (conductor_->Poll()) {
    }
  }
  void FinishEpoch(Epoch epoch, bool loaded = true, bool finished = false) {
    for (uint16_t shard : {0, 1}) {
      TakenFrame taken;
      taken.epoch = epoch;
      taken.positions.resize(1);
      taken.positions[0]["p" + std::to_string(shard)].offset = static_cast<int64_t>(epoch.value());
      taken.loaded = loaded;
      conductor_->OnTaken(ShardId(shard), taken);
      DoneFrame done;
      done.epoch = epoch;
      done.ended = {finished};
      done.event_times = {static_cast<int64_t>(epoch.value()) * 100 + shard};
      conductor_->OnDone(ShardId(shard), done);
    }
  }

  ManualClock clock_;
  SlowJournal journal_;
  RecordingLink link_;
  std::unique_ptr<Conductor> conductor_;
};

TEST_F(ConductorTest, CommitsOnlyWhatIsDurable) {
  Conductor::Options options;
  options.first_epoch = Epoch(41);
  Make(options);
  PollAll();
  auto cuts = link_.Take<CutFrame>();
  ASSERT_EQ(cuts.size(), 2u);
  EXPECT_EQ(cuts[0].second.epoch, Epoch(41));
  EXPECT_TRUE(cuts[0].second.load);
  FinishEpoch(Epoch(41));
  PollAll();
  EXPECT_TRUE(link_.sent.empty()) << "committed before the journal was durable";
  EXPECT_EQ(conductor_->status().phase, ConductorStatus::Phase::kCommitting);
  ASSERT_EQ(journal_.records.size(), 1u);
  EXPECT_EQ(journal_.records[0].positions[0].size(), 2u);
  EXPECT_EQ(journal_.records[0].positions[0]["p1"].offset, 41);

  journal_.durable = Epoch(41);
  PollAll();
  auto commits = link_.Take<CommitFrame>();
  ASSERT_EQ(commits.size(), 2u);
  EXPECT_TRUE(commits[0].second.load_complete);
  EXPECT_EQ(conductor_->status().committed, Epoch(41));
  EXPECT_EQ(conductor_->NextWakeMicros(), std::nullopt) << "nothing waits";
}

TEST_F(ConductorTest, TellsHowLongShardsAndJournalTook) {
  Make({});
  PollAll();
  clock_.Advance(70);
  FinishEpoch(Epoch(1));
  PollAll();
  EXPECT_EQ(conductor_->run_durations().Quantile(0.5), 70);
  EXPECT_EQ(conductor_->journal_durations().count(), 0u);
  clock_.Advance(400);
  journal_.durable = Epoch(1);
  PollAll();
  EXPECT_EQ(conductor_->run_durations().count(), 1u);
  EXPECT_EQ(conductor_->journal_durations().Quantile(0.5), 400);
}

TEST_F(ConductorTest, ALoadGoesOnUntilEveryShardHasLoaded) {
  Make({});
  journal_.durable = Epoch(1000);
  PollAll();
  FinishEpoch(Epoch(1), /*loaded=*/false);
  PollAll();
  EXPECT_FALSE(conductor_->status().load_complete);
  EXPECT_EQ(conductor_->status().cut, Epoch(2)) << "the next epoch of a load waits for no rows";
  FinishEpoch(Epoch(2), /*loaded=*/true);
  PollAll();
  EXPECT_TRUE(conductor_->status().load_complete);
  EXPECT_EQ(conductor_->status().cut, Epoch(2));
}

TEST_F(ConductorTest, CombinesEventTimesIntoTheNextCut) {
  Make({});
  journal_.durable = Epoch(1000);
  PollAll();
  EXPECT_EQ(link_.Take<CutFrame>()[0].second.watermarks, std::vector<std::optional<int64_t>>{std::nullopt});
  FinishEpoch(Epoch(1));
  PollAll();
  conductor_->OnWaiting(ShardId(1), {{1, 1}});
  clock_.Advance(1'000'000);
  PollAll();
  auto cuts = link_.Take<CutFrame>();
  ASSERT_FALSE(cuts.empty());
  EXPECT_EQ(cuts[0].second.watermarks, std::vector<std::optional<int64_t>>{100});
  EXPECT_EQ(cuts[0].second.clock_micros, clock_.UnixMicros());
}

TEST_F(ConductorTest, ReplaysExactlyAndShowsOnlyTheLast) {
  Conductor::Options options;
  options.load = false;
  options.first_epoch = Epoch(5);
  std::vector<CutRecord> records;
  for (uint64_t epoch : {7, 9}) {
    CutRecord record;
    record.loaded = true;
    record.epoch = Epoch(epoch);
    record.positions.resize(1);
    record.positions[0]["p0"].offset = static_cast<int64_t>(epoch);
    record.positions[0]["p1"].offset = static_cast<int64_t>(epoch == 9 ? 90 : epoch);
    record.clock_micros = static_cast<int64_t>(epoch);
    records.push_back(record);
  }
  InMemoryReplay replay(records);
  options.replay = &replay;
  std::vector<ReplayDifference> differences;
  options.on_difference = [&](const ReplayDifference& difference) { differences.push_back(difference); };
  Make(options);
  PollAll();
  auto cuts = link_.Take<CutFrame>();
  ASSERT_EQ(cuts.size(), 2u);
  EXPECT_EQ(cuts[0].second.epoch, Epoch(7));
  EXPECT_EQ(cuts[0].second.until->at(0).at("p1").offset, 7);
  EXPECT_EQ(cuts[0].second.clock_micros, 7);
  EXPECT_FALSE(cuts[0].second.replay_ends);
  FinishEpoch(Epoch(7));
  PollAll();
  EXPECT_FALSE(conductor_->status().load_complete) << "shown before the last replayed epoch";
  EXPECT_EQ(conductor_->status().cut, Epoch(9));
  EXPECT_TRUE(link_.Take<CutFrame>()[0].second.replay_ends);
  FinishEpoch(Epoch(9));
  PollAll();
  EXPECT_TRUE(conductor_->status().load_complete);
  EXPECT_TRUE(journal_.records.empty()) << "a replayed epoch stands in the journal already";
  ASSERT_EQ(differences.size(), 1u) << "p1 gave other records in the last one";
  EXPECT_EQ(differences[0].epoch, Epoch(9));
  EXPECT_EQ(differences[0].partition, "p1");
  EXPECT_EQ(conductor_->status().replayed, 2u);
  conductor_->OnWaiting(ShardId(0), {{1, 1}});
  clock_.Advance(1'000'000);
  PollAll();
  EXPECT_EQ(conductor_->status().cut, Epoch(10));
}

CutRecord LoadedEpoch7() {
  CutRecord record;
  record.loaded = true;
  record.epoch = Epoch(7);
  record.positions.resize(1);
  return record;
}

TEST_F(ConductorTest, AHistoryAboveTheReplayBeginsWithAnEpochOfItsOwn) {
  InMemoryReplay replay({LoadedEpoch7()});
  Conductor::Options options;
  options.first_epoch = Epoch(30);
  options.history = Epoch(20);
  options.replay = &replay;
  int asked = 0;
  options.on_replayed = [&] { return ++asked > 0; };
  Make(options);
  journal_.durable = Epoch(1000);
  PollAll();
  EXPECT_EQ(link_.Take<CutFrame>()[0].second.sinks->history, Epoch(20));
  FinishEpoch(Epoch(7), true, /*finished=*/true);
  PollAll();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(conductor_->status().committed, Epoch(7));
  EXPECT_EQ(conductor_->status().cut, Epoch(30)) << "no row waits, and the sources have ended";
  FinishEpoch(Epoch(30), true, /*finished=*/true);
  PollAll();
  EXPECT_EQ(conductor_->status().phase, ConductorStatus::Phase::kFinished);
}

TEST_F(ConductorTest, AReplayThatMayNotBeShownIsNotCommitted) {
  InMemoryReplay replay({LoadedEpoch7()});
  Conductor::Options options;
  options.first_epoch = Epoch(30);
  options.replay = &replay;
  options.on_replayed = [] { return false; };
  Make(options);
  journal_.durable = Epoch(1000);
  PollAll();
  FinishEpoch(Epoch(7));
  PollAll();
  EXPECT_EQ(conductor_->status().committed, Epoch());
  EXPECT_EQ(conductor_->status().cut, Epoch(7));
}

TEST_F(ConductorTest, EndsWithItsSources) {
  Make({});
  journal_.durable = Epoch(1000);
  PollAll();
  FinishEpoch(Epoch(1), true, /*finished=*/true);
  PollAll();
  auto commits = link_.Take<CommitFrame>();
  ASSERT_EQ(commits.size(), 2u);
  EXPECT_TRUE(commits[1].second.finished);
  EXPECT_EQ(conductor_->status().phase, ConductorStatus::Phase::kFinished);
  conductor_->RequestCheckpoint();
  PollAll();
  auto cuts = link_.Take<CutFrame>();
  ASSERT_EQ(cuts.size(), 2u) << "a checkpoint is taken also after the end";
  EXPECT_TRUE(cuts[0].second.checkpoint);
}

TEST_F(ConductorTest, WhatIsToldDuringAnEpochBelongsToIt) {
  Make({});
  journal_.durable = Epoch(1000);
  PollAll();
  conductor_->OnWaiting(ShardId(0), {{5, 5}});
  FinishEpoch(Epoch(1));
  PollAll();
  EXPECT_EQ(conductor_->NextWakeMicros(), std::nullopt);
}

TEST_F(ConductorTest, StopsWhereTheJournalCannotBeRead) {
  class Broken : public CutReplay {
   public:
    absl::StatusOr<std::optional<CutRecord>> Next() override {
      if (++calls_ > 1) return absl::DataLossError("a segment is damaged");
      CutRecord record;
      record.epoch = Epoch(3);
      return record;
    }

   private:
    int calls_ = 0;
  };
  Broken replay;
  Conductor::Options options;
  options.replay = &replay;
  Make(options);
  PollAll();
  FinishEpoch(Epoch(3));
  PollAll();
  EXPECT_TRUE(absl::IsDataLoss(conductor_->failure()));
  EXPECT_EQ(conductor_->status().committed, Epoch()) << "what follows is not known, so nothing is shown";
}

TEST_F(ConductorTest, DiesOfFramesOutOfTurn) {
  Make({});
  PollAll();
  DoneFrame done;
  done.epoch = Epoch(1);
  EXPECT_DEATH(conductor_->OnDone(ShardId(0), done), "out of turn") << "TAKEN comes before DONE";
  done.epoch = Epoch(2);
  EXPECT_DEATH(conductor_->OnDone(ShardId(0), done), "another epoch");
}

TEST_F(ConductorTest, EndsWithTheEpochThatRuns) {
  Conductor::Options options;
  options.first_epoch = Epoch(41);
  Make(options);
  EXPECT_TRUE(conductor_->idle());
  PollAll();
  conductor_->StopCutting();
  EXPECT_FALSE(conductor_->idle());
  link_.sent.clear();
  FinishEpoch(Epoch(41), /*loaded=*/false);  // of a load that would go on
  journal_.durable = Epoch(41);
  PollAll();
  EXPECT_EQ(conductor_->status().committed, Epoch(41));
  EXPECT_TRUE(conductor_->idle());
  conductor_->RequestCheckpoint();
  EXPECT_FALSE(conductor_->Poll());
  EXPECT_TRUE(link_.Take<CutFrame>().empty());
  EXPECT_FALSE(conductor_->NextWakeMicros().has_value());
}

}  // namespace
}  // namespace freshet
