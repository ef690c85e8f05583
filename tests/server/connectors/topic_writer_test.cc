// What stands in a topic, read as README.md says, is the result: whatever crashed, was away or came late.
#include "server/connectors/kafka/topic_writer.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/circuit/sink_partition.h"
#include "engine/columnar/text_form.h"
#include "server/connectors/api/queued_sink.h"
#include "tests/support/fake_broker.h"
#include "tests/support/manual_clock.h"

namespace freshet {
namespace {

const Schema kSchema = {{"k", {TypeKind::kBigint}}, {"v", {TypeKind::kText}}};

// A history of a relation with the unique key k: the changes of each epoch, and what there is at its end.
struct History {
  explicit History(uint64_t seed, int epochs) {
    std::mt19937_64 random(seed);
    std::map<int64_t, std::string> rows;
    for (int epoch = 1; epoch <= epochs; ++epoch) {
      ZSet change;
      for (uint64_t n = random() % 12; n > 0; --n) {
        auto key = static_cast<int64_t>(random() % 20);
        if (auto old = rows.find(key); old != rows.end()) {
          change.Add({Datum::Int(key), Datum::Text(old->second)}, -1);
          rows.erase(old);
        }
        if (random() % 3 == 0) continue;
        rows[key] = "v" + std::to_string(random() % 5);
        change.Add({Datum::Int(key), Datum::Text(rows[key])}, 1);
      }
      changes.push_back({change.rows().begin(), change.rows().end()});
    }
    last = rows;
  }
  DeltaBatch BatchAt(size_t epoch) const { return BatchOf(changes[epoch - 1], kSchema); }

  std::vector<std::vector<std::pair<Row, int64_t>>> changes;  // epoch i + 1
  std::map<int64_t, std::string> last;
};

// As a reader does: drops what is not above the partition's last mark.
std::vector<SinkRecord> ReadAll(const FakeTopic& topic) {
  std::vector<SinkRecord> read;
  for (const auto& records : topic.partitions) {
    std::optional<SinkMark> last;
    for (const SinkRecord& record : records) {
      if (last && record.mark <= *last) continue;
      last = record.mark;
      read.push_back(record);
    }
  }
  return read;
}

std::map<std::string, std::string> FoldUpserts(const FakeTopic& topic) {
  std::map<std::string, std::string> rows;
  for (const SinkRecord& record : ReadAll(topic)) {
    if (record.value) {
      rows[*record.key] = *record.value;
    } else {
      rows.erase(*record.key);
    }
  }
  return rows;
}

std::map<std::string, std::string> Expected(const History& history) {
  std::map<std::string, std::string> rows;
  for (const auto& [key, value] : history.last) {
    std::string k = std::to_string(key);
    rows["{\"k\":" + k + "}"] = "{\"k\":" + k + ",\"v\":\"" + value + "\"}";
  }
  return rows;
}

class TopicWriterTest : public testing::Test {
 protected:
  std::unique_ptr<QueuedSink> Make(FakeTopic* topic, SinkEnvelope envelope, uint16_t shard = 0,
                                   uint16_t shard_count = 1, uint64_t buffer_bytes = 1 << 20) {
    TopicWriter::Options options;
    options.topic = "t";
    options.coding.schema = kSchema;
    options.coding.key = {ColumnIndex(0)};
    options.coding.has_key = true;
    options.coding.partition_by = {ColumnIndex(0)};
    options.coding.envelope = envelope;
    options.coding.partition_count = static_cast<uint32_t>(topic->partitions.size());
    options.shard = ShardId(shard);
    options.shard_count = shard_count;
    QueuedSink::Options queue;
    queue.name = "out";
    queue.buffer_bytes = buffer_bytes;
    queue.wake = [this] { ++wakes_; };
    queue.clock = &clock_;
    queue.positions_interval_micros = 0;
    auto connect = [this, topic]() -> absl::StatusOr<std::unique_ptr<SinkBroker>> {
      return std::make_unique<FakeBroker>(topic, ++seed_);
    };
    return std::make_unique<QueuedSink>(queue, std::make_unique<TopicWriter>(options, connect));
  }
  void Run(QueuedSink& sink) {
    for (int steps = 0; !sink.Drained(); ++steps) {
      ASSERT_LT(steps, 100'000);
      ASSERT_TRUE(sink.Health().ok()) << sink.Health();
      sink.Step(0);
    }
  }

  ManualClock clock_;
  uint64_t seed_ = 0;
  int wakes_ = 0;
};

TEST_F(TopicWriterTest, WritesUpsertsSortedByKeyWithTombstones) {
  FakeTopic topic(1);
  auto sink = Make(&topic, SinkEnvelope::kUpsert);
  sink->Start({Epoch(5), {}});
  sink->Write(BatchOf({{{Datum::Int(2), Datum::Text("b")}, 1}, {{Datum::Int(1), Datum::Text("a")}, 1}}, kSchema));
  sink->Prepare(Epoch(5));
  sink->Commit(Epoch(5), false);
  sink->Write(BatchOf({{{Datum::Int(2), Datum::Text("b")}, -1},
                       {{Datum::Int(1), Datum::Text("a")}, -1},
                       {{Datum::Int(1), Datum::Text("c")}, 1}},
                      kSchema));
  sink->Prepare(Epoch(7));
  sink->Step(0);
  sink->Commit(Epoch(7), false);
  Run(*sink);
  const auto& records = topic.partitions[0];
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(*records[0].key, "{\"k\":1}");
  EXPECT_EQ(*records[0].value, "{\"k\":1,\"v\":\"a\"}");
  EXPECT_EQ(records[1].mark, (SinkMark{Epoch(5), 1}));
  EXPECT_EQ(records[1].history, Epoch(5));
  EXPECT_EQ(*records[2].value, "{\"k\":1,\"v\":\"c\"}");
  EXPECT_EQ(*records[3].key, "{\"k\":2}");
  EXPECT_FALSE(records[3].value.has_value());
  EXPECT_EQ(records[3].mark, (SinkMark{Epoch(7), 1}));
  EXPECT_EQ(sink->TakePositions(), (SinkPartitions{{"000000", {Epoch(7), 4}}}));
  v1::SinkStatus status = sink->Status();
  EXPECT_EQ(status.rows(), 4u);
  EXPECT_EQ(status.epoch(), 7u);
  EXPECT_EQ(status.epochs_behind(), 0u);
  EXPECT_EQ(status.buffered_bytes(), 0u);
  EXPECT_GT(wakes_, 0);
}

TEST_F(TopicWriterTest, WritesNothingBeforeItsCommit) {
  FakeTopic topic(2);
  auto sink = Make(&topic, SinkEnvelope::kChanges);
  sink->Start({});
  sink->Write(BatchOf({{{Datum::Int(2), Datum::Text("b")}, 1}}, kSchema));
  sink->Prepare(Epoch(1));
  for (int i = 0; i < 20; ++i) sink->Step(0);
  EXPECT_TRUE(ReadAll(topic).empty());
  sink->Commit(Epoch(1), false);
  Run(*sink);
  ASSERT_EQ(ReadAll(topic).size(), 1u);
  EXPECT_EQ(*ReadAll(topic)[0].value, "{\"weight\":1,\"row\":{\"k\":2,\"v\":\"b\"}}");
}

TEST_F(TopicWriterTest, WritesARowOfEnvelopePlainAsOftenAsItStands) {
  FakeTopic topic(1);
  auto sink = Make(&topic, SinkEnvelope::kPlain);
  sink->Start({});
  sink->Write(BatchOf({{{Datum::Int(2), Datum::Text("b")}, 3}, {{Datum::Int(1), Datum::Text("a")}, 1}}, kSchema));
  sink->Prepare(Epoch(1));
  sink->Commit(Epoch(1), false);
  Run(*sink);
  ASSERT_EQ(topic.partitions[0].size(), 4u);
  EXPECT_EQ(*topic.partitions[0][0].value, "{\"k\":1,\"v\":\"a\"}");
  EXPECT_EQ(*topic.partitions[0][3].value, "{\"k\":2,\"v\":\"b\"}");
  EXPECT_EQ(topic.partitions[0][3].mark.sequence, 3u);
}

// Crashes at random, with other numbers of shards, from positions that are old or lost, over a broker that loses
// connections and lets records of the dead come late.
TEST_F(TopicWriterTest, FoldsToTheResultOverCrashes) {
  uint64_t crashes = 0, repeated = 0, lost = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    const History history(seed, 30);
    FakeTopic topic(1 + seed % 3);
    topic.failure_rate = seed % 2 == 0 ? 0.05 : 0;
    topic.late_rate = seed % 5 == 0 ? 0.5 : 0;
    SinkPartitions journaled;
    uint64_t committed = 0;  // the last epoch that a group before has committed
    bool crash = true;
    while (crash) {
      crash = random() % 4 != 0;
      const auto shard_count = static_cast<uint16_t>(1 + random() % 2);
      std::vector<std::unique_ptr<QueuedSink>> sinks;
      for (uint16_t shard = 0; shard < shard_count; ++shard) {
        sinks.push_back(Make(&topic, SinkEnvelope::kUpsert, shard, shard_count));
        sinks.back()->Start({Epoch(1), journaled});
      }
      const uint64_t last = crash ? std::min<uint64_t>(30, committed + random() % 8) : 30;
      for (uint64_t epoch = 1; epoch <= last; ++epoch) {
        if (history.changes[epoch - 1].empty()) continue;
        const DeltaBatch batch = history.BatchAt(epoch);
        auto partitions = SinkPartitionsOf(batch, std::vector{ColumnIndex(0)}, topic.partitions.size());
        for (uint16_t shard = 0; shard < shard_count; ++shard) {
          std::vector<uint32_t> rows;
          for (uint32_t row = 0; row < batch.size(); ++row) {
            if (OwnerOfSinkPartition(partitions[row], shard_count) == ShardId(shard)) rows.push_back(row);
          }
          if (rows.empty()) continue;
          sinks[shard]->Write(GatherBatch(batch, rows));
          sinks[shard]->Prepare(Epoch(epoch));
        }
        for (auto& sink : sinks) {
          if (epoch >= committed) sink->Commit(Epoch(epoch), false);
          for (uint64_t steps = random() % 6; steps > 0; --steps) sink->Step(0);
          SinkPositions more = {sink->TakePositions()}, all = {journaled};
          if (random() % 2 == 0) MergeSinkPositions(more, &all);
          journaled = all[0];
        }
        committed = std::max(committed, epoch);
      }
      if (!crash) {
        for (auto& sink : sinks) Run(*sink);
      }
      ++crashes;
    }
    ASSERT_EQ(FoldUpserts(topic), Expected(history)) << "seed " << seed;
    size_t all = 0;
    for (const auto& records : topic.partitions) all += records.size();
    repeated += all - ReadAll(topic).size();
    if (topic.late_rate == 0) {
      ASSERT_EQ(all, ReadAll(topic).size()) << "seed " << seed;
    }
    lost += topic.lost_connections;
  }
  EXPECT_GT(crashes, 300u);
  EXPECT_GT(lost, 50u);
  (void)repeated;
}

// The first epoch of a history holds the whole result: what stands in the topic and is not in it goes with it, also for
// readers that know of no history. Crashes in between change nothing.
TEST_F(TopicWriterTest, AHistoryBuriesWhatEarlierOnesLeftBehind) {
  uint64_t crashes_between = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    FakeTopic topic(1 + seed % 3);
    SinkPartitions journaled;
    {
      auto sink = Make(&topic, SinkEnvelope::kUpsert);
      sink->Start({Epoch(1), {}});
      const History old(seed, 10);
      for (uint64_t epoch = 1; epoch <= 10; ++epoch) {
        sink->Write(old.BatchAt(epoch));
        sink->Prepare(Epoch(epoch));
      }
      sink->Commit(Epoch(10), false);
      Run(*sink);
      journaled = sink->TakePositions();
    }
    // Another revision knows no positions; the same one whose source has changed does.
    if (seed % 2 == 0) journaled.clear();
    topic.failure_rate = seed % 4 == 0 ? 0.1 : 0;
    const History now(seed + 1000, seed % 7 == 0 ? 0 : 10);
    DeltaBatch all = BatchOf({}, kSchema);
    {
      ZSet rows;
      for (const auto& [key, value] : now.last) rows.Add({Datum::Int(key), Datum::Text(value)}, 1);
      all = BatchOf({rows.rows().begin(), rows.rows().end()}, kSchema);
    }
    for (int crashes = static_cast<int>(random() % 4); crashes >= 0; --crashes) {
      auto sink = Make(&topic, SinkEnvelope::kUpsert);
      sink->Start({Epoch(20), journaled});
      if (!now.last.empty()) sink->Write(all);
      sink->Prepare(Epoch(20));
      sink->Commit(Epoch(20), false);
      if (crashes == 0) {
        Run(*sink);
      } else {
        for (uint64_t steps = random() % 8; steps > 0; --steps) sink->Step(0);
        ++crashes_between;
      }
    }
    ASSERT_EQ(FoldUpserts(topic), Expected(now));
    std::map<std::string, std::string> of_history;
    for (const SinkRecord& record : ReadAll(topic)) {
      if (record.history == Epoch(20) && record.value) of_history[*record.key] = *record.value;
    }
    ASSERT_EQ(of_history, Expected(now));
    size_t records = 0;
    for (const auto& each : topic.partitions) records += each.size();
    ASSERT_EQ(ReadAll(topic).size(), records) << "something stands twice";
    // The next start finds nothing to do, and what is journaled needs no look.
    auto sink = Make(&topic, SinkEnvelope::kUpsert);
    SinkPartitions done;
    for (uint32_t i = 0; i < topic.partitions.size(); ++i) {
      done["00000" + std::to_string(i)] = {Epoch(20), static_cast<int64_t>(topic.partitions[i].size())};
    }
    topic.failure_rate = 0;
    const uint64_t looked = topic.read_wholly;
    sink->Start({Epoch(20), done});
    sink->Prepare(Epoch(20));
    sink->Commit(Epoch(20), false);
    Run(*sink);
    EXPECT_EQ(topic.read_wholly, looked);
  }
  EXPECT_GT(crashes_between, 50u);
}

TEST_F(TopicWriterTest, HoldsEpochsWithinItsBoundWhileTheBrokerIsAway) {
  FakeTopic topic(1);
  topic.away = true;
  auto sink = Make(&topic, SinkEnvelope::kChanges, 0, 1, 2000);
  sink->Start({});
  uint64_t epoch = 0;
  while (sink->HasRoom()) {
    ++epoch;
    sink->Write(BatchOf({{{Datum::Int(static_cast<int64_t>(epoch)), Datum::Text("b")}, 1}}, kSchema));
    sink->Prepare(Epoch(epoch));
    sink->Commit(Epoch(epoch), false);
    sink->Step(0);
    ASSERT_LT(epoch, 1000u) << sink->Status().ShortDebugString();
  }
  EXPECT_EQ(sink->Status().message(), "the broker is away");
  EXPECT_EQ(sink->Status().epochs_behind(), epoch);
  EXPECT_GT(sink->Status().buffered_bytes(), 2000u);
  EXPECT_TRUE(sink->Health().ok());
  topic.away = false;
  Run(*sink);
  EXPECT_TRUE(sink->HasRoom());
  EXPECT_EQ(sink->Status().message(), "");
  EXPECT_EQ(topic.partitions[0].size(), epoch);
}

TEST_F(TopicWriterTest, RefusesATopicThatHasOtherPartitionsOrLostRecords) {
  FakeTopic topic(2);
  auto sink = Make(&topic, SinkEnvelope::kChanges);
  topic.partitions.resize(3);
  sink->Start({});
  sink->Step(0);
  EXPECT_EQ(CodeOf(sink->Health()), ErrorCode::kSinkChanged);
  EXPECT_EQ(sink->Health().message(),
            "sink out: topic t has 3 partitions, and had 2 when the sink began: records of a key would go to another "
            "partition; a new revision of the pipeline takes the new number");

  FakeTopic anew(1);
  sink = Make(&anew, SinkEnvelope::kChanges);
  sink->Start({Epoch(1), {{"000000", {Epoch(3), 17}}}});
  sink->Step(0);
  EXPECT_EQ(CodeOf(sink->Health()), ErrorCode::kSinkChanged);
}

TEST_F(TopicWriterTest, LooksOnlyBehindWhatWasAcknowledged) {
  FakeTopic topic(1);
  topic.partitions[0].resize(5);
  for (size_t i = 0; i < 5; ++i) topic.partitions[0][i].mark = {Epoch(i + 1), 0};
  auto sink = Make(&topic, SinkEnvelope::kChanges);
  sink->Start({Epoch(1), {{"000000", {Epoch(3), 3}}}});
  for (uint64_t epoch = 1; epoch <= 6; ++epoch) {
    sink->Write(BatchOf({{{Datum::Int(1), Datum::Text("b")}, 1}}, kSchema));
    sink->Prepare(Epoch(epoch));
  }
  EXPECT_EQ(sink->Status().epochs_behind(), 3u) << "what is known to be done is not even kept";
  sink->Commit(Epoch(6), false);
  Run(*sink);
  EXPECT_EQ(topic.looked_from, (std::set<int64_t>{3}));
  ASSERT_EQ(topic.partitions[0].size(), 6u);
  EXPECT_EQ(topic.partitions[0][5].mark, (SinkMark{Epoch(6), 0}));
}

}  // namespace
}  // namespace freshet
