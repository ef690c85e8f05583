// A pipeline of several shards runs its epochs to the right result: filter, exchange, count.
#include <gtest/gtest.h>

#include "tests/engine/runtime/count_pipeline.h"

namespace freshet {
namespace {

TEST(Pipeline, CountsOverShards) {
  for (uint16_t shards : {1, 2, 4}) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(testing::Message() << shards << " shards, seed " << seed);
      CountPipeline pipeline(CountPipeline::RandomScript(seed, /*partitions=*/4, /*rows=*/300));
      SimulatedCluster::Options options;
      options.shard_count = shards;
      options.seed = seed;
      options.code_frames = seed % 2 == 0;
      auto cluster = pipeline.Make(options);
      cluster->Start();
      cluster->RunUntilIdle();
      EXPECT_EQ(pipeline.Committed(), pipeline.Expected());
      EXPECT_TRUE(pipeline.Shown());
      EXPECT_TRUE(cluster->conductor().status().load_complete);
      EXPECT_EQ(cluster->conductor().status().phase, ConductorStatus::Phase::kFinished);
    }
  }
}

TEST(Pipeline, LoadIsShownOnlyWhenAllOfItIsCommitted) {
  CountPipeline pipeline(CountPipeline::RandomScript(1, 2, 1000));
  SimulatedCluster::Options options;
  options.shard_count = 2;
  options.load_limits = {100, 1 << 30};
  auto cluster = pipeline.Make(options);
  cluster->Start();
  uint64_t hidden_epochs = 0;
  while (cluster->StepOnce()) {
    const ConductorStatus& status = cluster->conductor().status();
    if (!status.load_complete) hidden_epochs = status.epochs;
    EXPECT_EQ(status.load_complete, status.epochs >= 20 / 2) << status.epochs;
  }
  EXPECT_EQ(hidden_epochs, 9u);
  EXPECT_EQ(pipeline.Committed(), pipeline.Expected());
}

TEST(Pipeline, EmptySourcesStillEndTheirLoad) {
  CountPipeline pipeline(CountPipeline::RandomScript(1, 2, 0));
  SimulatedCluster::Options options;
  options.shard_count = 2;
  auto cluster = pipeline.Make(options);
  cluster->Start();
  cluster->RunUntilIdle();
  EXPECT_EQ(cluster->conductor().status().phase, ConductorStatus::Phase::kFinished);
  EXPECT_TRUE(pipeline.Shown());
}

TEST(Pipeline, RowsThatComeLaterAreCutByThemselves) {
  CountPipeline pipeline(CountPipeline::RandomScript(3, 4, 100));
  pipeline.set_static(false);
  SimulatedCluster::Options options;
  options.shard_count = 4;
  auto cluster = pipeline.Make(options);
  pipeline.ReleaseAll(0);
  cluster->Start();
  cluster->RunUntilIdle();
  EXPECT_EQ(cluster->conductor().status().epochs, 1u);  // the empty load
  for (int64_t rows = 1; rows <= 100; ++rows) {
    pipeline.ReleaseAll(rows);
    cluster->WakeAll();
    cluster->RunUntilIdle();
    EXPECT_EQ(pipeline.Committed(), pipeline.ExpectedUpTo(rows));
  }
  EXPECT_GE(cluster->conductor().status().epochs, 101u);
  EXPECT_NE(cluster->conductor().status().phase, ConductorStatus::Phase::kFinished);
}

TEST(Pipeline, ReplaysJournaledEpochsFromACheckpointExactly) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    InMemoryStateStore store;
    CountPipeline pipeline(CountPipeline::RandomScript(seed, 4, 200));
    SimulatedCluster::Options options;
    options.shard_count = 2;
    options.seed = seed;
    options.store = &store;
    options.load_limits = {40, 1 << 30};
    auto cluster = pipeline.Make(options);
    cluster->Start();
    while (cluster->conductor().status().epochs < 2) ASSERT_TRUE(cluster->StepOnce());
    cluster->conductor().RequestCheckpoint();
    while (store.last_checkpoint() == Epoch() || pipeline.LowestEpoch() < store.last_checkpoint()) {
      ASSERT_TRUE(cluster->StepOnce());
    }
    const InMemoryStateStore at_checkpoint = store;
    const ZSet shown_at_checkpoint = pipeline.Committed();
    ASSERT_EQ(pipeline.LowestEpoch(), store.last_checkpoint());
    while (cluster->conductor().status().epochs < 5) ASSERT_TRUE(cluster->StepOnce());

    // Restart: the same epochs come again, then new ones follow.
    SimulatedCluster::Options again = options;
    InMemoryStateStore restored = at_checkpoint;
    again.store = &restored;
    again.load_state = true;
    again.shard_count = seed % 2 == 0 ? 3 : 2;
    again.seed = seed + 1000;
    again.from.resize(1);
    Epoch shown_before = cluster->conductor().status().committed;
    for (const CutRecord& record : cluster->journal().records()) {
      if (record.epoch <= at_checkpoint.last_checkpoint()) {
        for (const auto& [name, position] : record.positions[0]) again.from[0][name] = position;
      } else if (record.epoch <= shown_before) {
        again.replay.push_back(record);
      }
    }
    again.first_epoch = shown_before.Next();
    auto restarted = pipeline.Make(again);
    pipeline.StartWith(shown_at_checkpoint);
    restarted->Start();
    while (restarted->conductor().replaying()) {
      ASSERT_TRUE(restarted->StepOnce());
      EXPECT_FALSE(pipeline.Shown());
    }
    restarted->RunUntilIdle();
    EXPECT_EQ(pipeline.Committed(), pipeline.Expected());
    EXPECT_TRUE(pipeline.Shown());
    ASSERT_FALSE(restarted->journal().records().empty());
    EXPECT_EQ(restarted->journal().records()[0].epoch, shown_before.Next());
  }
}

TEST(Pipeline, SlowReceiversBoundWhatIsOnTheWay) {
  CountPipeline pipeline(CountPipeline::RandomScript(5, 2, 40000));
  SimulatedCluster::Options options;
  options.shard_count = 2;
  options.credit_window_bytes = 32 << 10;
  options.output_row_budget = 512;
  auto cluster = pipeline.Make(options);
  cluster->Start();
  cluster->RunUntilIdle();
  EXPECT_EQ(pipeline.Committed(), pipeline.Expected());
  // A window, and what one call may emit beyond it: a batch of 2048 rows of two columns with weights.
  EXPECT_LE(cluster->max_bytes_in_flight(), (32u << 10) + 2048u * 3 * 8 + Scatter::kBlockBytes);
  EXPECT_GT(cluster->max_bytes_in_flight(), 8u << 10);
}

TEST(Pipeline, AFailedSourceStopsItsShardWithTheReason) {
  CountPipeline pipeline(CountPipeline::RandomScript(1, 2, 10));
  SimulatedCluster::Options options;
  options.shard_count = 2;
  auto cluster = pipeline.Make(options);
  cluster->Start();
  pipeline.source(1).Fail(absl::DataLossError("the file has changed"));
  cluster->WakeAll();
  cluster->RunUntilIdle();
  EXPECT_EQ(cluster->shard(1).failure().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cluster->shard(1).failure().message(), "table words: the file has changed");
  EXPECT_TRUE(cluster->shard(0).failure().ok());
}

}  // namespace
}  // namespace freshet
