#include "engine/circuit/row_combiner.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/circuit/scatter.h"
#include "engine/columnar/column_builder.h"
#include "engine/columnar/datum.h"

namespace freshet {
namespace {

constexpr DataType kText{TypeKind::kText}, kBigint{TypeKind::kBigint};

// Rows of a word and a number, each below `words`.
DeltaBatch WordRows(std::mt19937_64& random, uint64_t words, bool with_null = true) {
  ColumnBuilder text(kText), numbers(kBigint);
  for (uint32_t row = 0; row < kBatchRows; ++row) {
    const uint64_t word = random() % words;
    AppendDatum(with_null && word == 0 ? Datum::Null() : Datum::Text("a word of some length " + std::to_string(word)),
                text);
    AppendDatum(Datum::Int(static_cast<int64_t>(word)), numbers);
  }
  return DeltaBatch(kBatchRows, {text.Finish(), numbers.Finish()});
}

using Counts = std::map<Row, int64_t>;

void Count(const DeltaBatch& batch, Counts* counts) {
  for (uint32_t row = 0; row < batch.size(); ++row) {
    Row cells;
    for (const Column& column : batch.columns()) cells.push_back(DatumAt(column, row));
    (*counts)[cells] += batch.WeightAt(row);
  }
}

struct Spread {
  Counts in, out;
  uint64_t rows_in = 0, rows_out = 0;
};

// Through a Scatter to three shards, in two stages; checks that each row goes to one shard.
Spread SpreadRows(const KeyColumns& key, uint64_t words, int batches) {
  std::mt19937_64 random(5);
  Scatter scatter(Distribution::kHash, key, 3, 7);
  Spread spread;
  std::vector<Scatter::Block> ready;
  for (int stage = 0; stage < 2; ++stage) {
    for (int i = 0; i < batches; ++i) {
      const DeltaBatch batch = WordRows(random, words);
      Count(batch, &spread.in);
      spread.rows_in += batch.size();
      scatter.Add(batch, &ready);
    }
    scatter.Flush(&ready);
  }
  std::map<Row, ShardId> owners;
  for (const Scatter::Block& block : ready) {
    Count(block.batch, &spread.out);
    spread.rows_out += block.batch.size();
    Counts rows;
    Count(block.batch, &rows);
    for (const auto& [row, weight] : rows) EXPECT_EQ(owners.try_emplace(row, block.to).first->second, block.to);
  }
  return spread;
}

TEST(RowCombiner, EqualRowsGoTogetherAcrossManyBatches) {
  Spread spread = SpreadRows({ColumnIndex(1), ColumnIndex(0)}, 500, 60);
  EXPECT_EQ(spread.in, spread.out);
  EXPECT_LT(spread.rows_out, spread.rows_in / 4);
}

TEST(RowCombiner, RowsWithMoreThanTheirKeyGoAsTheyAre) {
  Spread spread = SpreadRows({ColumnIndex(0)}, 500, 20);
  EXPECT_EQ(spread.in, spread.out);
  EXPECT_EQ(spread.rows_out, spread.rows_in);
}

TEST(RowCombiner, GivesUpWhereNearlyAllRowsDiffer) {
  Spread spread = SpreadRows({ColumnIndex(0), ColumnIndex(1)}, 1'000'000'000, 20);
  EXPECT_EQ(spread.in, spread.out);
  EXPECT_EQ(spread.rows_out, spread.rows_in);
}

TEST(RowCombiner, AFewRowsGoAtOnce) {
  std::mt19937_64 random(5);
  RowCombiner combiner({ColumnIndex(0), ColumnIndex(1)}, 7);
  EXPECT_FALSE(combiner.Take(WordRows(random, 10)));
  EXPECT_FALSE(combiner.full());
}

TEST(RowCombiner, RetractionsGoAsTheyAre) {
  std::mt19937_64 random(5);
  RowCombiner combiner({ColumnIndex(0), ColumnIndex(1)}, 7);
  BufferRef weights = BufferRef::Of<int64_t>(kBatchRows);
  std::fill_n(weights.mutable_as<int64_t>(), kBatchRows, -1);
  const DeltaBatch rows = WordRows(random, 10);
  const DeltaBatch retractions(kBatchRows, rows.columns(), std::move(weights));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(combiner.Take(retractions));
  for (int i = 0; i < 8; ++i) combiner.Take(rows);
  EXPECT_TRUE(combiner.Take(rows));
  EXPECT_FALSE(combiner.Take(retractions));
}

}  // namespace
}  // namespace freshet
