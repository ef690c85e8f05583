#include "engine/operators/distinct.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/operators/operator_harness.h"
#include "tests/engine/operators/random_rows.h"

namespace freshet {
namespace {

const Schema kRows = {{"text", {TypeKind::kText}}, {"number", {TypeKind::kInteger}}};

std::unique_ptr<Operator> Make(ErrorCounter* errors = nullptr) {
  DistinctOptions options;
  options.input_types = TypesOf(kRows);
  options.state = {"node", "rows"};
  options.errors = errors;
  return MakeDistinct(std::move(options));
}

TEST(DistinctTest, EmitsWhatAppearsAndVanishes) {
  OperatorHarness harness(Make());
  harness.Push(0, Batch("+3 | a | 1\n+1 | a | NULL\n+1 | b | 2", kRows));
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), Sorted("+1 | a | 1\n+1 | a | NULL\n+1 | b | 2", kRows));
  harness.Push(0, Batch("-2 | a | 1\n-1 | b | 2\n+5 | c | 3", kRows));
  harness.Seal(2);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), Sorted("-1 | b | 2\n+1 | c | 3", kRows));
  harness.Push(0, Batch("-1 | a | 1\n+1 | a | NULL", kRows));
  harness.Seal(3);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), Sorted("-1 | a | 1", kRows));
}

TEST(DistinctTest, CountsRowsWithErrors) {
  CountingErrors errors;
  OperatorHarness harness(Make(&errors));
  harness.Push(0, Batch("+2 | a | ERROR(BAD_VALUE)", kRows));
  harness.Seal(1);
  EXPECT_TRUE(harness.TakeOutput().empty());
  EXPECT_EQ(errors.Of(CellError::kBadValue), 2);
}

TEST(DistinctProperties, EqualsRecomputationAcrossRestarts) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    std::mt19937_64 random(seed);
    RandomHistory history(kRows, 4);
    OperatorHarness harness(Make(), seed % 2 == 0 ? 1 : Output::kDefaultRowBudget);
    MapStateStore store;
    ZSet output;
    for (uint64_t epoch = 1; epoch <= 40; ++epoch) {
      for (const DeltaBatch& batch : history.Cut(history.NextEpoch(random, static_cast<int>(random() % 30)), random)) {
        harness.Push(0, batch);
      }
      harness.Seal(epoch);
      output.Add(harness.TakeOutput());
      ZSet expected;
      for (const auto& [row, weight] : history.rows().rows()) {
        if (!row[0].is_error() && !row[1].is_error()) expected.Add(row, 1);
      }
      ASSERT_EQ(output.Format(kRows), expected.Format(kRows)) << "seed " << seed << " epoch " << epoch;
      if (random() % 6 == 0) harness.Restart(Make(), store);
    }
  }
}

}  // namespace
}  // namespace freshet
