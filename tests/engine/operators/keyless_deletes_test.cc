#include "engine/operators/keyless_deletes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/operators/operator_harness.h"
#include "tests/engine/operators/random_rows.h"

namespace freshet {
namespace {

const Schema kTable = {{"id", {TypeKind::kBigint}}, {"name", {TypeKind::kText}}};

std::unique_ptr<KeylessDeletes> Make() { return std::make_unique<KeylessDeletes>(TypesOf(kTable), "table", 5); }

TEST(KeylessDeletesTest, ShowsInsertsLessDeletes) {
  OperatorHarness table(Make());
  table.Push(0, Batch("+1 | 1 | a\n+1 | 1 | a\n+1 | 2 | b", kTable));
  table.Seal();
  EXPECT_EQ(table.TakeOutput().Format(kTable), Sorted("+2 | 1 | a\n+1 | 2 | b", kTable));
  table.Push(0, Batch("-1 | 1 | a", kTable));
  table.Seal();
  EXPECT_EQ(table.TakeOutput().Format(kTable), Sorted("-1 | 1 | a", kTable));
}

TEST(KeylessDeletesTest, ADeleteThatComesFirstTakesALaterInsert) {
  auto op = Make();
  KeylessDeletes* deletes = op.get();
  OperatorHarness table(std::move(op));
  table.Push(0, Batch("-2 | 1 | a", kTable));
  table.Seal();
  EXPECT_TRUE(table.TakeOutput().empty());
  EXPECT_EQ(deletes->rows_below_zero(), 1);
  table.Push(0, Batch("+1 | 1 | a", kTable));
  table.Seal();
  EXPECT_TRUE(table.TakeOutput().empty());
  table.Push(0, Batch("+2 | 1 | a", kTable));
  table.Seal();
  EXPECT_EQ(table.TakeOutput().Format(kTable), Sorted("+1 | 1 | a", kTable));
  EXPECT_EQ(deletes->rows_below_zero(), 0);
}

TEST(KeylessDeletesTest, NullAndErrorCellsArePartOfTheRow) {
  OperatorHarness table(Make());
  table.Push(0, Batch("+1 | NULL | a\n+1 | NULL | a\n+1 | 1 | ERROR(BAD_VALUE)\n-1 | 1 | ERROR(BAD_VALUE)", kTable));
  table.Seal();
  EXPECT_EQ(table.TakeOutput().Format(kTable), Sorted("+2 | NULL | a", kTable));
}

TEST(KeylessDeletesTest, KeepsNothingOfRowsThatAreGone) {
  OperatorHarness table(Make());
  size_t bytes_of_first_round = 0;
  for (int64_t round = 0; round < 10; ++round) {
    std::vector<std::pair<Row, int64_t>> rows;
    for (int64_t i = 0; i < 1000; ++i) rows.push_back({{Datum::Int(round * 1000 + i), Datum::Text("a")}, 1});
    table.Push(0, BatchOf(rows, kTable));
    table.Seal();
    for (auto& [row, weight] : rows) weight = -1;
    table.Push(0, BatchOf(rows, kTable));
    table.Seal();
    MapStateStore store;
    table.op().SaveDirty(store);
    if (round == 0) bytes_of_first_round = table.op().StateBytes();
  }
  EXPECT_LE(table.op().StateBytes(), bytes_of_first_round * 3 / 2);
}

TEST(KeylessDeletesPropertiesTest, EqualsRecomputation) {
  for (int seed = 0; seed < 16; ++seed) {
    for (size_t budget : {1, 7, 65536}) {
      SCOPED_TRACE(std::to_string(seed) + " budget " + std::to_string(budget));
      std::mt19937_64 random(seed);
      OperatorHarness table(Make(), budget);
      MapStateStore store;
      ZSet input, result;
      for (int epoch = 1; epoch <= 15; ++epoch) {
        std::vector<std::pair<Row, int64_t>> rows;
        const int count = random() % 10;
        for (int i = 0; i < count; ++i) {
          rows.emplace_back(RandomRow(kTable, random, 3), static_cast<int64_t>(random() % 5) - 2);
          input.Add(rows.back().first, rows.back().second);
        }
        if (count > 0) {
          table.Push(0, BatchOf(rows, kTable));
          table.Seal(epoch);
        }
        result.Add(table.TakeOutput());
        ZSet visible;
        int64_t below = 0;
        for (const auto& [row, weight] : input.rows()) {
          if (weight > 0) visible.Add(row, weight);
          if (weight < 0) ++below;
        }
        ASSERT_EQ(result, visible) << "epoch " << epoch;
        ASSERT_EQ(static_cast<KeylessDeletes&>(table.op()).rows_below_zero(), below);
        if (random() % 4 == 0) table.Restart(Make(), store);
      }
      EXPECT_LE(table.largest_step(), budget);
    }
  }
}

}  // namespace
}  // namespace freshet
