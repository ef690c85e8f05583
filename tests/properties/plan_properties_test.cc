// Law 1 and 2: over random histories with retractions, cut by chance, on 1, 2 and 4 shards, with batches and budgets of
// any size and restarts in the middle, every epoch that a reader sees is what a naive computation gives for its input.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/naive_plan.h"
#include "tests/support/plan_history.h"
#include "tests/support/random_plan.h"

namespace freshet {
namespace {

struct Totals {
  uint64_t epochs = 0, restarts = 0, checkpoints = 0;
};

void RunPlan(const Plan& plan, const HistoryOptions& options, Totals* totals) {
  HistoryOutcome outcome = RunRandomHistory(plan, options);
  totals->epochs += outcome.epochs_checked;
  totals->restarts += outcome.restarts;
  totals->checkpoints += outcome.checkpoints;
  ASSERT_EQ(outcome.difference, "") << "seed " << options.seed << ", " << options.shard_count << " shards\n"
                                    << FormatPlan(plan);
}

class EachOperator : public testing::TestWithParam<PlanNode::Kind> {};

TEST_P(EachOperator, EqualsTheNaiveResultAtEveryEpoch) {
  Totals totals;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    for (uint16_t shards : {1, 2, 4}) {
      Random random(seed * 31 + static_cast<uint64_t>(GetParam()));
      HistoryOptions options;
      options.seed = seed * 100 + shards;
      options.shard_count = shards;
      Plan plan = RandomPlan(random, 1, GetParam());
      ASSERT_EQ(plan.nodes.back().kind, GetParam());
      RunPlan(plan, options, &totals);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(totals.epochs, 36u * 5);
  EXPECT_GT(totals.restarts, 30u);
  EXPECT_GT(totals.checkpoints, 20u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EachOperator,
                         testing::Values(PlanNode::Kind::kFilter, PlanNode::Kind::kProject, PlanNode::Kind::kUnion,
                                         PlanNode::Kind::kInnerJoin, PlanNode::Kind::kLeftJoin,
                                         PlanNode::Kind::kSemiJoin, PlanNode::Kind::kAntiJoin,
                                         PlanNode::Kind::kAggregate, PlanNode::Kind::kDistinct, PlanNode::Kind::kTopK,
                                         PlanNode::Kind::kFlatMap, PlanNode::Kind::kUpsert,
                                         PlanNode::Kind::kKeylessDeletes));

TEST(RandomPlans, EqualTheNaiveResultAtEveryEpoch) {
  Totals totals;
  // More of them, for a night: FRESHET_PROPERTY_PLANS=100000.
  const char* wanted = std::getenv("FRESHET_PROPERTY_PLANS");
  const int plan_count = wanted == nullptr ? 300 : std::max(300, std::atoi(wanted));
  int plans = 0;
  for (uint64_t seed = 1; plans < plan_count; ++seed) {
    Random random(seed);
    HistoryOptions options;
    options.seed = seed;
    options.rows = 60;
    options.shard_count = std::vector<uint16_t>{1, 2, 4}[seed % 3];
    Plan plan = RandomPlan(random, 2 + static_cast<int>(seed % 6));
    if (!StaysSmall(plan, options)) continue;
    ++plans;
    RunPlan(plan, options, &totals);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(totals.epochs, 300u * 5);
  EXPECT_GT(totals.restarts, 100u);
  EXPECT_GT(totals.checkpoints, 100u);
}

}  // namespace
}  // namespace freshet
