#include "engine/operators/top_k.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/operators/operator_harness.h"
#include "tests/engine/operators/random_rows.h"

namespace freshet {
namespace {

const Schema kRows = {{"name", {TypeKind::kText}}, {"points", {TypeKind::kInteger}}};

TopK::Options Best(int64_t limit, int64_t skip = 0) {
  TopK::Options options;
  options.input_types = TypesOf(kRows);
  options.order = {{.column = ColumnIndex(1), .descending = true}};
  options.limit = limit;
  options.skip = skip;
  options.node = "node";
  return options;
}

std::unique_ptr<Operator> Make(TopK::Options options) { return std::make_unique<TopK>(std::move(options)); }

// What recomputation gives; the order is by points, the largest first.
ZSet Expected(const TopK::Options& options, const ZSet& rows) {
  std::map<Row, std::vector<std::pair<Row, int64_t>>> groups;
  for (const auto& [row, weight] : rows.rows()) {
    Row group;
    bool has_error = false;
    for (ColumnIndex column : options.group) {
      group.push_back(row[column.value()]);
      has_error = has_error || group.back().is_error();
    }
    if (!has_error) groups[group].emplace_back(row, weight);
  }
  ZSet expected;
  for (auto& [key, list] : groups) {
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      const Datum &x = a.first[1], &y = b.first[1];
      if (x == y) return a.first < b.first;
      return x.is_value() && y.is_value() ? y < x : x < y;
    });
    int64_t before = 0;
    for (const auto& [row, weight] : list) {
      const int64_t begin = std::max(before, options.skip);
      before += weight;
      const int64_t end = std::min(before, options.skip + options.limit);
      if (end > begin) expected.Add(row, end - begin);
    }
  }
  return expected;
}

TEST(TopKTest, EmitsWhatEntersAndLeaves) {
  OperatorHarness harness(Make(Best(2)));
  harness.Push(0, Batch("+1 | a | 1\n+1 | b | 2\n+1 | c | 3", kRows));
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), Sorted("+1 | b | 2\n+1 | c | 3", kRows));
  harness.Push(0, Batch("+1 | d | 2\n+1 | e | 0", kRows));
  harness.Seal(2);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), "") << "of equal points b is before d";
  harness.Push(0, Batch("-1 | c | 3\n+1 | f | 9\n-1 | f | 9", kRows));
  harness.Seal(3);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), Sorted("-1 | c | 3\n+1 | d | 2", kRows));
}

TEST(TopKTest, ARowCountsAsOftenAsItIsThere) {
  OperatorHarness harness(Make(Best(3, 1)));
  harness.Push(0, Batch("+5 | a | 9\n+1 | b | 8", kRows));
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), "+3 | a | 9\n");
  harness.Push(0, Batch("-3 | a | 9", kRows));
  harness.Seal(2);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), Sorted("-2 | a | 9\n+1 | b | 8", kRows));
}

TEST(TopKTest, ARowOverTheCutMayLoseMoreThanIsInFront) {
  OperatorHarness harness(Make(Best(2)));
  harness.Push(0, Batch("+1 | a | 9\n+2 | b | 8", kRows));
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), Sorted("+1 | a | 9\n+1 | b | 8", kRows));
  harness.Push(0, Batch("-2 | b | 8\n+2 | c | 10\n-1 | a | 9\n+1 | a | 9", kRows));
  harness.Seal(2);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), Sorted("-1 | a | 9\n-1 | b | 8\n+2 | c | 10", kRows));
}

TEST(TopKTest, CountsGroupsWithErrorsAndPutsErrorsOfTheOrderBesideNull) {
  CountingErrors errors;
  TopK::Options options = Best(1);
  options.group = {ColumnIndex(0)};
  options.order[0].nulls_first = true;
  options.errors = &errors;
  OperatorHarness harness(Make(options));
  harness.Push(0, Batch("+1 | ERROR(BAD_VALUE) | 1\n+1 | a | 5\n+1 | a | ERROR(BAD_VALUE)", kRows));
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), "+1 | a | ERROR(BAD_VALUE)\n");
  EXPECT_EQ(errors.Of(CellError::kBadValue), 1);
  harness.Push(0, Batch("+1 | a | NULL", kRows));
  harness.Seal(2);
  EXPECT_EQ(harness.TakeOutput().Format(kRows), Sorted("-1 | a | ERROR(BAD_VALUE)\n+1 | a | NULL", kRows));
}

TEST(TopKTest, AppendOnlyInputKeepsOnlyWhatIsGiven) {
  TopK::Options options = Best(10, 5);
  options.append_only = true;
  OperatorHarness harness(Make(options));
  std::mt19937_64 random(1);
  ZSet rows, output;
  size_t bytes = 0;
  for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
    std::vector<std::pair<Row, int64_t>> changes;
    for (int i = 0; i < 500; ++i) changes.emplace_back(RandomRow(kRows, random, 5000), 1);
    for (const auto& [row, weight] : changes) rows.Add(row, weight);
    harness.Push(0, BatchOf(changes, kRows));
    harness.Seal(epoch);
    output.Add(harness.TakeOutput());
    ASSERT_EQ(output.Format(kRows), Expected(options, rows).Format(kRows)) << "epoch " << epoch;
    if (epoch == 2) bytes = harness.op().StateBytes();
  }
  EXPECT_LT(harness.op().StateBytes(), bytes * 3 / 2);
}

// Groups so large that they are saved in pieces; an epoch's change of few rows writes few of them.
TEST(TopKTest, ALargeGroupIsSavedInPieces) {
  TopK::Options options = Best(200, 100);
  OperatorHarness harness(Make(options));
  std::mt19937_64 random(1);
  MapStateStore store;
  ZSet rows, output;
  auto change = [&](Row row, int64_t weight) {
    rows.Add(row, weight);
    harness.Push(0, BatchOf({{row, weight}}, kRows));
  };
  auto seal = [&](uint64_t epoch) {
    harness.Seal(epoch);
    output.Add(harness.TakeOutput());
    ASSERT_EQ(output.Format(kRows), Expected(options, rows).Format(kRows)) << "epoch " << epoch;
  };
  for (int i = 0; i < 5000; ++i) change(RandomRow(kRows, random, 100000, 0), 1);
  seal(1);
  harness.Restart(Make(options), store);
  const int64_t all = store.put_bytes;
  for (uint64_t epoch = 2; epoch <= 12; ++epoch) {
    for (int i = 0; i < 5; ++i) change(RandomRow(kRows, random, 100000, 0), 1);
    for (int i = 0; i < 5; ++i) change(rows.rows().begin()->first, -1);
    seal(epoch);
    if (epoch == 2 || epoch == 6) harness.op().SaveDirty(store);
    if (epoch == 7) {
      store.put_bytes = 0;
      harness.op().SaveDirty(store);
      EXPECT_LT(store.put_bytes, all / 4);
    }
    if (epoch % 4 == 0) harness.Restart(Make(options), store);
  }
  while (!rows.empty()) {
    const ZSet before = rows;
    for (const auto& [row, weight] : before.rows()) {
      if (random() % 2 == 0 || before.rows().size() < 10) change(row, -weight);
    }
    seal(20);
    harness.Restart(Make(options), store);
  }
  EXPECT_EQ(store.size(), 0u);
}

TEST(TopKTest, StopsAtTheBudget) {
  TopK::Options options = Best(5000);
  OperatorHarness harness(Make(options), 100);
  std::vector<std::pair<Row, int64_t>> changes;
  for (int i = 0; i < 5000; ++i) changes.emplace_back(Row{Datum::Text("a"), Datum::Int(i)}, 1);
  harness.Push(0, BatchOf(changes, kRows));
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().rows().size(), 5000u);
  EXPECT_LE(harness.largest_step(), 100u);
  EXPECT_GE(harness.resumes(), 49u);
}

TEST(TopKProperties, EqualsRecomputationAcrossRestarts) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    TopK::Options options = Best(1 + static_cast<int64_t>(random() % 8), static_cast<int64_t>(random() % 3));
    if (seed % 2 == 0) options.group = {ColumnIndex(0)};
    RandomHistory history(kRows, 6);
    OperatorHarness harness(Make(options), seed % 4 == 0 ? 1 : Output::kDefaultRowBudget);
    MapStateStore store;
    ZSet output;
    for (uint64_t epoch = 1; epoch <= 40; ++epoch) {
      for (const DeltaBatch& batch : history.Cut(history.NextEpoch(random, static_cast<int>(random() % 30)), random)) {
        harness.Push(0, batch);
      }
      harness.Seal(epoch);
      output.Add(harness.TakeOutput());
      ASSERT_EQ(output.Format(kRows), Expected(options, history.rows()).Format(kRows))
          << "seed " << seed << " epoch " << epoch;
      if (random() % 6 == 0) harness.Restart(Make(options), store);
    }
  }
}

}  // namespace
}  // namespace freshet
