// Tests the property tests: an error planted in an operator is noticed, whatever it is and wherever it stands.
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "tests/properties/faulty_operator.h"
#include "tests/support/naive_plan.h"
#include "tests/support/plan_history.h"
#include "tests/support/random_plan.h"

namespace freshet {
namespace {

bool HasState(PlanNode::Kind kind) {
  return kind != PlanNode::Kind::kFilter && kind != PlanNode::Kind::kProject && kind != PlanNode::Kind::kUnion &&
         kind != PlanNode::Kind::kFlatMap;
}

bool IsStateFault(Fault fault) { return fault >= Fault::kLosesState; }

class PlantedErrors : public testing::TestWithParam<PlanNode::Kind> {};

TEST_P(PlantedErrors, AreNoticed) {
  for (Fault fault : kAllFaults) {
    if (IsStateFault(fault) && !HasState(GetParam())) continue;
    int runs = 0;
    int noticed = 0;
    for (uint64_t seed = 1; seed <= 200 && noticed < 3; ++seed, ++runs) {
      Random random(seed);
      HistoryOptions options;
      options.seed = seed;
      options.shard_count = static_cast<uint16_t>(1 + seed % 2);
      options.wrap = [&](const PlanNode&, std::unique_ptr<Operator> op) {
        return std::make_unique<FaultyOperator>(fault, std::move(op));
      };
      noticed += RunRandomHistory(RandomPlan(random, 1, GetParam()), options).difference.empty() ? 0 : 1;
    }
    EXPECT_GE(noticed, 3) << "fault " << static_cast<int>(fault) << " was noticed in " << noticed << " of " << runs;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, PlantedErrors,
                         testing::Values(PlanNode::Kind::kFilter, PlanNode::Kind::kProject, PlanNode::Kind::kUnion,
                                         PlanNode::Kind::kInnerJoin, PlanNode::Kind::kLeftJoin,
                                         PlanNode::Kind::kSemiJoin, PlanNode::Kind::kAntiJoin,
                                         PlanNode::Kind::kAggregate, PlanNode::Kind::kDistinct, PlanNode::Kind::kTopK,
                                         PlanNode::Kind::kFlatMap, PlanNode::Kind::kUpsert,
                                         PlanNode::Kind::kKeylessDeletes));

TEST(PlantedErrors, AnInputThatHasNotEndedIsNoticed) {
  int noticed = 0;
  for (uint64_t seed = 1; seed <= 200 && noticed < 3; ++seed) {
    Random random(seed);
    HistoryOptions options;
    options.seed = seed;
    options.shard_count = static_cast<uint16_t>(1 + seed % 2);
    options.wrap = [&](const PlanNode& node, std::unique_ptr<Operator> op) -> std::unique_ptr<Operator> {
      if (node.kind != PlanNode::Kind::kInnerJoin) return op;
      return std::make_unique<FaultyOperator>(Fault::kEndsEarly, std::move(op));
    };
    noticed += RunRandomHistory(RandomPlan(random, 1, PlanNode::Kind::kInnerJoin), options).difference.empty() ? 0 : 1;
  }
  EXPECT_GE(noticed, 3);
}

// A mistake of its own kind: the circuit is built from a plan that `spoil` has changed.
void ExpectNoticed(PlanNode::Kind kind, const std::function<bool(PlanNode*)>& spoil) {
  int noticed = 0, runs = 0;
  for (uint64_t seed = 1; seed <= 200 && noticed < 3; ++seed) {
    Random random(seed);
    const Plan plan = RandomPlan(random, 1, kind);
    Plan mistaken = plan;
    if (!spoil(&mistaken.nodes.back())) continue;
    HistoryOptions options;
    options.seed = seed;
    options.shard_count = static_cast<uint16_t>(1 + seed % 2);
    options.mistaken = &mistaken;
    ++runs;
    noticed += RunRandomHistory(plan, options).difference.empty() ? 0 : 1;
  }
  EXPECT_GE(noticed, 3) << "in " << runs << " runs";
}

TEST(PlantedErrors, AVersionThatIsNotLookedAtIsNoticed) {
  ExpectNoticed(PlanNode::Kind::kUpsert,
                [](PlanNode* node) { return std::exchange(node->version, std::nullopt).has_value(); });
}

TEST(PlantedErrors, ATombstoneThatIsForgottenTooSoonIsNoticed) {
  ExpectNoticed(PlanNode::Kind::kUpsert, [](PlanNode* node) {
    if (node->tombstone_retention_micros) return false;
    node->tombstone_retention_micros = 0;
    return true;
  });
}

TEST(PlantedErrors, RowsThatAreNotSkippedAreNoticed) {
  ExpectNoticed(PlanNode::Kind::kTopK, [](PlanNode* node) { return std::exchange(node->skip, 0) > 0; });
}

TEST(PlantedErrors, NullsAtTheWrongEndAreNoticed) {
  ExpectNoticed(PlanNode::Kind::kTopK, [](PlanNode* node) {
    node->order[0].nulls_first = !node->order[0].nulls_first;
    return true;
  });
}

TEST(PlantedErrors, DeletesThatAreCountedBelowZeroAreNoticed) {
  ExpectNoticed(PlanNode::Kind::kKeylessDeletes, [](PlanNode* node) {
    node->kind = PlanNode::Kind::kUnion;
    return true;
  });
}

// One faulty node somewhere in a plan of several.
TEST(PlantedErrors, AreNoticedInsideOfPlans) {
  for (Fault fault : kAllFaults) {
    int noticed = 0;
    for (uint64_t seed = 1; seed <= 600 && noticed < 5; ++seed) {
      Random random(seed);
      HistoryOptions options;
      options.seed = seed;
      options.rows = 60;
      options.shard_count = static_cast<uint16_t>(1 + seed % 3);
      Plan plan = RandomPlan(random, 3);
      if (!StaysSmall(plan, options)) continue;
      const std::string victim = "n" + std::to_string(seed % 3);
      options.wrap = [&](const PlanNode& node, std::unique_ptr<Operator> op) -> std::unique_ptr<Operator> {
        if (node.name != victim) return op;
        return std::make_unique<FaultyOperator>(fault, std::move(op));
      };
      noticed += RunRandomHistory(plan, options).difference.empty() ? 0 : 1;
    }
    EXPECT_GE(noticed, 5) << "fault " << static_cast<int>(fault);
  }
}

}  // namespace
}  // namespace freshet
