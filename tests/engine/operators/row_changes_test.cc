#include "engine/operators/row_changes.h"

#include <gtest/gtest.h>

#include "engine/columnar/text_form.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

const Schema kSchema = {{"k", {TypeKind::kBigint}}, {"v", {TypeKind::kText}}, {"n", {TypeKind::kNumeric}}};

DeltaBatch Parse(std::string_view text) {
  auto batch = ParseBatch(text, kSchema);
  EXPECT_TRUE(batch.ok()) << batch.status();
  return *batch;
}

ZSet TakeAll(RowChanges& changes) {
  ZSet rows;
  for (DeltaBatch batch; changes.Take(&batch);) {
    EXPECT_GT(batch.size(), 0u);
    for (const auto& [row, weight] : RowsOf(batch)) {
      EXPECT_FALSE(rows.rows().contains(row)) << "a row was given twice";
      rows.Add(row, weight);
    }
  }
  EXPECT_TRUE(changes.empty());
  return rows;
}

TEST(RowChanges, GivesEachRowOnceWithWhatRemainsOfIt) {
  RowChanges changes;
  changes.Add(Parse("+1 | 1 | a | 1.0\n+1 | 1 | a | 1.0\n-1 | 2 | b | 2\n+1 | 3 | NULL | 3\n"));
  changes.Add(Parse("-1 | 3 | NULL | 3\n+1 | 2 | b | 2\n-1 | 4 | d | 4\n"));
  ZSet expected;
  expected.Add(Parse("+2 | 1 | a | 1.0\n-1 | 4 | d | 4\n"));
  EXPECT_EQ(TakeAll(changes), expected);
  EXPECT_EQ(TakeAll(changes), ZSet());
}

TEST(RowChanges, TellsRowsApartByForm) {
  RowChanges changes;
  changes.Add(Parse("+1 | 1 | a | 1.0\n-1 | 1 | a | 1.00\n"));
  DeltaBatch batch;
  ASSERT_TRUE(changes.Take(&batch));
  EXPECT_EQ(FormatBatch(batch), "+1 | 1 | a | 1.0\n-1 | 1 | a | 1.00\n");
}

TEST(RowChanges, EqualsTheSumOverRandomRowsAndCompactions) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    RowChanges changes;
    ZSet expected;
    for (int i = 0; i < 30; ++i) {
      std::vector<std::pair<Row, int64_t>> rows;
      for (int64_t n = RandomBelow(random, 200); n > 0; --n) {
        std::string text = "a text that is longer than what stands inline " + std::to_string(RandomBelow(random, 9));
        rows.push_back({{Datum::Int(RandomBelow(random, 30)), Datum::Text(text), Datum::Null()},
                        RandomBelow(random, 2) == 0 ? 1 : -1});
      }
      DeltaBatch batch = BatchOf(rows, kSchema);
      changes.Add(batch);
      expected.Add(batch);
      if (RandomBelow(random, 5) == 0) changes.Compact();
    }
    EXPECT_EQ(TakeAll(changes), expected) << seed;
  }
}

TEST(RowChanges, LetsGoOfWhatWentAgain) {
  RowChanges changes;
  for (int64_t i = 0; i < 10'000; ++i) {
    changes.Add(BatchOf({{{Datum::Int(i), Datum::Text("x"), Datum::Null()}, 1}}, kSchema));
    changes.Add(BatchOf({{{Datum::Int(i), Datum::Text("x"), Datum::Null()}, -1}}, kSchema));
  }
  changes.Compact();
  EXPECT_EQ(changes.size(), 0u);
  EXPECT_EQ(changes.bytes(), 0u);
}

}  // namespace
}  // namespace freshet
