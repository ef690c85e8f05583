// What sinks have written, folded, is the result; every epoch stands there once, whatever crashed and restarted.
#include <gtest/gtest.h>

#include "engine/operators/filter.h"
#include "engine/operators/sink_feed.h"
#include "tests/engine/runtime/count_pipeline.h"
#include "tests/support/recorded_sink.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint};

// Words counted by key, and the counts sent to a sink of some partitions. The medium and the journal outlive crashes.
class SinkPipeline {
 public:
  struct Options {
    uint16_t shard_count = 2;
    uint64_t seed = 1;
    uint32_t partitions = 3;
    bool append_only = false;  // the words themselves instead of their counts
    bool is_static = true;
    TakeLimits load_limits{60, 1 << 30};
    size_t max_rows = SIZE_MAX;
  };

  SinkPipeline(std::shared_ptr<const Script> script, Options options)
      : script_(std::move(script)), options_(options), random_(options.seed), medium_(options.partitions) {
    if (!options_.is_static) released_ = 0;
    Build({});
  }

  // The next restarts go on with a history that begins above all epochs so far.
  Epoch BeginHistory() {
    new_history_ = cluster_->conductor().status().cut.Next();
    return *new_history_;
  }

  void Restart(uint16_t shard_count, bool journal_torn) {
    const auto& more = cluster_->journal().records();
    for (const CutRecord& record : more) {
      // What is not committed anywhere may be lost; what is committed was durable before.
      if (journal_torn && record.epoch > cluster_->conductor().status().committed) break;
      history_.push_back(record);
    }
    options_.shard_count = shard_count;
    options_.seed += 1000;
    SimulatedCluster::Options start;
    start.replay = history_;
    start.load = true;
    for (const CutRecord& record : history_) {
      start.load &= record.load;
      start.first_epoch = record.epoch.Next();
    }
    start.history = history_.empty() ? Epoch() : history_.front().epoch;
    if (new_history_) start.history = *new_history_;
    start.first_epoch = std::max(start.first_epoch, start.history);
    Build(start);
  }

  void Release(int64_t rows) {
    released_ = rows;
    for (ScriptedSource* source : sources_) {
      for (const std::string& partition : source->partitions()) source->Release(partition, Limit(partition));
    }
    cluster_->WakeAll();
  }

  // One random step of a shard, a link or a sink.
  bool StepOnce(bool sinks = true) {
    if (sinks && random_() % 3 == 0 && WriteOne()) return true;
    if (cluster_->StepOnce()) return true;
    return sinks && WriteOne();
  }
  void RunUntilIdle(bool sinks = true) {
    while (StepOnce(sinks)) {
    }
  }

  SimulatedCluster& cluster() { return *cluster_; }
  const RecordedMedium& medium() const { return medium_; }
  RecordedSink& sink(uint16_t shard) { return *sinks_[shard]; }
  size_t waiting_rows() const {
    size_t rows = 0;
    for (const auto& sink : sinks_) rows += sink->waiting_rows();
    return rows;
  }

  ZSet Expected() const { return ExpectedUpTo(INT64_MAX); }
  ZSet ExpectedUpTo(int64_t limit) const {
    std::map<int64_t, int64_t> counts;
    ZSet words;
    for (const auto& [name, rows] : script_->partitions) {
      for (int64_t i = 0; i < std::min<int64_t>(limit, rows.size()); ++i) {
        counts[rows[i].first[0].int_value()] += rows[i].second;
        words.Add(rows[i].first, rows[i].second);
      }
    }
    if (options_.append_only) return words;
    ZSet result;
    for (const auto& [key, count] : counts) {
      if (count > 0) result.Add({Datum::Int(key), Datum::Int(count)}, 1);
    }
    return result;
  }

 private:
  int64_t Limit(const std::string& partition) const {
    return std::min<int64_t>(released_, static_cast<int64_t>(script_->partitions.at(partition).size()));
  }

  bool WriteOne() {
    const size_t first = random_() % sinks_.size();
    for (size_t i = 0; i < sinks_.size(); ++i) {
      const size_t shard = (first + i) % sinks_.size();
      if (!sinks_[shard]->WriteOne()) continue;
      cluster_->WakeSinks(static_cast<uint16_t>(shard));
      return true;
    }
    return false;
  }

  void Build(SimulatedCluster::Options start) {
    start.shard_count = options_.shard_count;
    start.seed = options_.seed;
    start.load_limits = options_.load_limits;
    start.limits = {50, 1 << 30};
    start.output_row_budget = 16;
    cluster_.reset();
    feeds_.clear();
    sinks_.clear();
    sources_.clear();
    cluster_ = std::make_unique<SimulatedCluster>(
        start, [&](CircuitBuilder& builder, ShardId shard) { return BuildShard(builder, shard); },
        [&](ShardId shard) { return std::vector<Sink*>{sinks_[shard.value()].get()}; });
    cluster_->Start();
  }

  std::vector<Committable*> BuildShard(CircuitBuilder& builder, ShardId shard) {
    ScriptedSource::Options source_options;
    source_options.is_static = options_.is_static;
    source_options.batch_rows = 20;
    size_t number = 0;
    for (const auto& [name, rows] : script_->partitions) {
      if (number++ % options_.shard_count == shard.value()) source_options.partitions.push_back(name);
    }
    auto source = std::make_unique<ScriptedSource>(script_, source_options);
    for (const std::string& name : source_options.partitions) source->Release(name, Limit(name));
    sources_.push_back(source.get());
    NodeId node = builder.AddSource("words", std::move(source), script_->schema);
    if (!options_.append_only) node = AddCount(builder, node);
    node = builder.AddExchange("by partition", node, Distribution::kPartition, {ColumnIndex(0)}, options_.partitions);
    RecordedSink::Options sink_options;
    sink_options.shard = shard;
    sink_options.shard_count = options_.shard_count;
    sink_options.partition_by = {ColumnIndex(0)};
    sink_options.max_rows = options_.max_rows;
    sinks_.push_back(std::make_unique<RecordedSink>(&medium_, sink_options));
    feeds_.push_back(std::make_unique<SinkFeed>(SinkFeed::Options{options_.append_only}, sinks_.back().get(), nullptr));
    builder.AddOperator("sink", std::make_unique<SinkOperator>(feeds_.back().get()), {node}, builder.SchemaOf(node));
    return {feeds_.back().get()};
  }

  NodeId AddCount(CircuitBuilder& builder, NodeId node) {
    node = builder.AddExchange("by key", node, Distribution::kHash, {ColumnIndex(0)});
    GroupAggregate::Options group;
    group.input_types = {kBigint, kBigint};
    group.key = {ColumnIndex(0)};
    for (const AggregateFunction* function : FindAggregates("count")) {
      if (function->arguments.empty()) group.aggregates = {{function, {}, std::nullopt}};
    }
    group.state = {"count", "groups"};
    group.hash_seed = 7;
    return builder.AddOperator("count", std::make_unique<GroupAggregate>(group), {node},
                               {{"key", kBigint}, {"count", kBigint}});
  }

  const std::shared_ptr<const Script> script_;
  Options options_;
  std::mt19937_64 random_;
  RecordedMedium medium_;
  std::vector<CutRecord> history_;
  std::optional<Epoch> new_history_;
  int64_t released_ = INT64_MAX;
  std::vector<std::unique_ptr<SinkFeed>> feeds_;
  std::vector<std::unique_ptr<RecordedSink>> sinks_;
  std::vector<ScriptedSource*> sources_;
  std::unique_ptr<SimulatedCluster> cluster_;
};

std::shared_ptr<const Script> AppendOnlyScript(uint64_t seed, int64_t rows) {
  auto script = std::make_shared<Script>(*CountPipeline::RandomScript(seed, 4, rows));
  for (auto& [name, list] : script->partitions) {
    for (auto& row : list) row.second = 1;
  }
  return script;
}

TEST(Sinks, FoldToTheResultOverCrashes) {
  size_t crashes = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SinkPipeline::Options options;
    options.seed = seed;
    options.shard_count = std::vector<uint16_t>{1, 2, 4}[seed % 3];
    options.append_only = seed % 4 == 0;
    options.is_static = seed % 5 != 0;
    auto script = options.append_only ? AppendOnlyScript(seed, 150) : CountPipeline::RandomScript(seed, 4, 150);
    SinkPipeline pipeline(script, options);
    std::mt19937_64 random(seed);
    int64_t released = options.is_static ? INT64_MAX : 20;
    pipeline.Release(released);
    while (true) {
      SCOPED_TRACE(testing::Message() << "seed " << seed);
      bool crashed = false;
      for (uint64_t steps = random() % 400; pipeline.StepOnce() && crashes < 5 * seed;) {
        if (steps-- > 0) continue;
        pipeline.Restart(std::vector<uint16_t>{1, 2, 4}[random() % 3], random() % 2 == 0);
        ++crashes;
        crashed = true;
        break;
      }
      ASSERT_EQ(pipeline.medium().Disorder(), "");
      if (crashed) continue;
      pipeline.RunUntilIdle();
      ASSERT_EQ(pipeline.medium().Disorder(), "");
      ASSERT_EQ(pipeline.medium().Fold(), pipeline.ExpectedUpTo(released));
      if (released >= 150) break;
      released += 10;
      pipeline.Release(released);
    }
    if (options.is_static) {
      EXPECT_TRUE(pipeline.cluster().conductor().status().drained) << seed;
      EXPECT_TRUE(pipeline.sink(0).finished());
    }
  }
  EXPECT_GT(crashes, 100u);
}

// What was written before counts no more; crashes go on while the new history is written.
TEST(Sinks, AHistoryBeginsWithTheWholeResult) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    SinkPipeline::Options options;
    options.seed = seed;
    options.shard_count = std::vector<uint16_t>{1, 2, 4}[seed % 3];
    options.append_only = seed % 4 == 0;
    options.is_static = seed % 5 == 0;
    auto script = options.append_only ? AppendOnlyScript(seed, 100) : CountPipeline::RandomScript(seed, 4, 100);
    SinkPipeline pipeline(script, options);
    std::mt19937_64 random(seed);
    const int64_t released = options.is_static ? INT64_MAX : 50;
    pipeline.Release(released);
    // Also in the middle of the load.
    for (uint64_t steps = random() % 3000; steps > 0 && pipeline.StepOnce(); --steps) {
    }
    const Epoch begin = pipeline.BeginHistory();
    for (int crashes = 0; crashes < 3; ++crashes) {
      pipeline.Restart(std::vector<uint16_t>{1, 2, 4}[random() % 3], random() % 2 == 0);
      for (uint64_t steps = random() % 400; steps > 0 && pipeline.StepOnce(); --steps) {
      }
    }
    pipeline.RunUntilIdle();
    ASSERT_EQ(pipeline.medium().Disorder(), "");
    ASSERT_EQ(pipeline.medium().Fold(begin), pipeline.ExpectedUpTo(released));
    EXPECT_EQ(pipeline.sink(0).history(), begin);
    pipeline.Release(INT64_MAX);
    pipeline.RunUntilIdle();
    ASSERT_EQ(pipeline.medium().Fold(begin), pipeline.Expected());
  }
}

TEST(Sinks, ALoadIsWrittenAsOneChangeAtItsEnd) {
  SinkPipeline pipeline(CountPipeline::RandomScript(3, 4, 300), {});
  while (!pipeline.cluster().conductor().status().load_complete) {
    ASSERT_TRUE(pipeline.StepOnce());
    ASSERT_TRUE(pipeline.medium().Fold().empty());
  }
  EXPECT_GT(pipeline.cluster().conductor().status().epochs, 5u);
  pipeline.RunUntilIdle();
  EXPECT_EQ(pipeline.medium().Fold(), pipeline.Expected());
  for (const auto& records : pipeline.medium().partitions) {
    for (const auto& record : records) {
      EXPECT_EQ(record.epoch, records[0].epoch);
      EXPECT_EQ(record.weight, 1);  // the net change has no row that came and went
    }
  }
}

TEST(Sinks, ALoadOfAnAppendOnlyRelationIsWrittenAsItGoes) {
  SinkPipeline::Options options;
  options.append_only = true;
  SinkPipeline pipeline(AppendOnlyScript(3, 300), options);
  bool early = false;
  while (!pipeline.cluster().conductor().status().load_complete) {
    ASSERT_TRUE(pipeline.StepOnce());
    early |= !pipeline.medium().Fold().empty();
  }
  EXPECT_TRUE(early);
  pipeline.RunUntilIdle();
  EXPECT_EQ(pipeline.medium().Fold(), pipeline.Expected());
}

TEST(Sinks, OneThatIsFullHoldsBackTheNextEpochOnly) {
  SinkPipeline::Options options;
  options.is_static = false;
  options.max_rows = 30;
  SinkPipeline pipeline(CountPipeline::RandomScript(4, 4, 2000), options);
  pipeline.Release(0);
  pipeline.RunUntilIdle();
  for (int64_t rows = 5; rows <= 2000; rows += 5) pipeline.Release(rows);
  pipeline.RunUntilIdle(/*sinks=*/false);
  EXPECT_TRUE(pipeline.cluster().conductor().status().sinks_full);
  EXPECT_EQ(pipeline.cluster().conductor().status().phase, ConductorStatus::Phase::kWaiting);
  const uint64_t epochs = pipeline.cluster().conductor().status().epochs;
  // What one epoch changes may come beyond the bound, on each shard: no more than all keys, old and new.
  EXPECT_LE(pipeline.waiting_rows(), 2u * (30 + 2 * 40));
  EXPECT_GT(pipeline.waiting_rows(), 30u);
  pipeline.RunUntilIdle();
  EXPECT_FALSE(pipeline.cluster().conductor().status().sinks_full);
  EXPECT_GT(pipeline.cluster().conductor().status().epochs, epochs);
  EXPECT_EQ(pipeline.medium().Fold(), pipeline.Expected());
}

TEST(Sinks, ARestartTellsHowFarTheyGotAndWhereTheHistoryBegan) {
  SinkPipeline::Options options;
  options.is_static = false;
  SinkPipeline pipeline(CountPipeline::RandomScript(5, 4, 100), options);
  for (int64_t rows = 10; rows <= 100; rows += 10) {
    pipeline.Release(rows);
    pipeline.RunUntilIdle();
  }
  Epoch committed = pipeline.cluster().conductor().status().committed;
  EXPECT_EQ(pipeline.sink(0).history(), Epoch(1));
  pipeline.Restart(3, false);
  pipeline.RunUntilIdle();
  for (uint16_t shard = 0; shard < 3; ++shard) {
    EXPECT_EQ(pipeline.sink(shard).history(), Epoch(1));
    EXPECT_GE(pipeline.sink(shard).known_done().value() + 2, committed.value());
  }
  EXPECT_EQ(pipeline.medium().Disorder(), "");
  EXPECT_EQ(pipeline.medium().Fold(), pipeline.Expected());
}

}  // namespace
}  // namespace freshet
