#include "engine/columnar/delta_batch.h"

#include <gtest/gtest.h>

#include "engine/columnar/key_columns.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

const KeyColumns kKey = {ColumnIndex(2), ColumnIndex(7)};

DeltaBatch WithHashes(DeltaBatch batch) {
  batch.SetHashes(kKey, HashKeys(batch, kKey, 1));
  return batch;
}

std::vector<uint64_t> HashesOf(const DeltaBatch& batch) {
  const uint64_t* hashes = batch.HashesFor(kKey);
  if (hashes == nullptr) return {};
  return {hashes, hashes + batch.size()};
}

// The hashes that the batch would have if it had to compute them.
std::vector<uint64_t> FreshHashes(const DeltaBatch& batch) {
  DeltaBatch bare(batch.size(), batch.columns());
  BufferRef hashes = HashKeys(bare, kKey, 1);
  return {hashes.as<uint64_t>(), hashes.as<uint64_t>() + batch.size()};
}

TEST(DeltaBatchTest, GathersRowsWeightsAndHashes) {
  Random random(1);
  Schema schema = SchemaOfAllTypes();
  auto rows = RandomRows(random, schema, 100, {.error_share = 0.05});
  DeltaBatch batch = WithHashes(BatchOf(rows, schema));
  batch.set_paired(true);
  std::vector<uint32_t> picks;
  std::vector<std::pair<Row, int64_t>> expected;
  for (int i = 0; i < 150; ++i) {
    picks.push_back(static_cast<uint32_t>(random() % rows.size()));
    expected.push_back(rows[picks.back()]);
  }
  DeltaBatch gathered = GatherBatch(batch, picks);
  EXPECT_EQ(RowsOf(gathered), expected);
  EXPECT_EQ(HashesOf(gathered), FreshHashes(gathered));
  EXPECT_FALSE(gathered.paired());
  EXPECT_TRUE(GatherBatch(batch, {}).empty());
}

TEST(DeltaBatchTest, GatherDropsWeightsThatAreAllOne) {
  Schema schema = {{"a", {TypeKind::kBigint}}};
  DeltaBatch batch = BatchOf({{{Datum::Int(1)}, 1}, {{Datum::Int(2)}, -1}, {{Datum::Int(3)}, 1}}, schema);
  EXPECT_NE(batch.weights(), nullptr);
  EXPECT_EQ(GatherBatch(batch, std::vector<uint32_t>{0, 2}).weights(), nullptr);
  EXPECT_NE(GatherBatch(batch, std::vector<uint32_t>{0, 1}).weights(), nullptr);
}

TEST(DeltaBatchTest, ConcatenatesRowsWeightsAndHashes) {
  Random random(2);
  Schema schema = SchemaOfAllTypes();
  for (int round = 0; round < 20; ++round) {
    std::vector<DeltaBatch> batches;
    std::vector<std::pair<Row, int64_t>> expected;
    for (size_t part = 0; part < random() % 5; ++part) {
      auto rows =
          RandomRows(random, schema, random() % 100, {.error_share = 0.05, .weight_max = part % 2 == 0 ? 0 : 2});
      expected.insert(expected.end(), rows.begin(), rows.end());
      batches.push_back(WithHashes(BatchOf(rows, schema)));
    }
    DeltaBatch all = ConcatBatches(batches);
    EXPECT_EQ(RowsOf(all), expected);
    if (!all.empty()) {
      EXPECT_EQ(HashesOf(all), FreshHashes(all));
    }
  }
}

TEST(DeltaBatchTest, ConcatKeepsOnlyWhatAllPartsHave) {
  Random random(3);
  Schema schema = SchemaOfAllTypes();
  DeltaBatch with = WithHashes(RandomBatch(random, schema, 4));
  with.set_paired(true);
  DeltaBatch without = RandomBatch(random, schema, 4, {.weight_max = 0});
  DeltaBatch mixed = ConcatBatches(std::vector<DeltaBatch>{with, without});
  EXPECT_EQ(mixed.HashesFor(kKey), nullptr);
  EXPECT_FALSE(mixed.paired());
  EXPECT_TRUE(ConcatBatches(std::vector<DeltaBatch>{with, with, DeltaBatch()}).paired());
  EXPECT_EQ(ConcatBatches(std::vector<DeltaBatch>{without, without}).weights(), nullptr);
}

TEST(DeltaBatchTest, HashesBelongToTheirKey) {
  Random random(4);
  DeltaBatch batch = WithHashes(RandomBatch(random, SchemaOfAllTypes(), 4));
  KeyColumns other = {ColumnIndex(7), ColumnIndex(2)};
  EXPECT_NE(batch.HashesFor(kKey), nullptr);
  EXPECT_EQ(batch.HashesFor(other), nullptr);
  EXPECT_EQ(batch.HashesFor({}), nullptr);
}

TEST(DeltaBatchTest, CountsBytes) {
  Schema schema = {{"a", {TypeKind::kBigint}}};
  EXPECT_EQ(BatchBytes(BatchOf({{{Datum::Int(1)}, 1}}, schema)), 8u);
  EXPECT_EQ(BatchBytes(BatchOf({{{Datum::Int(1)}, 2}}, schema)), 16u);
}

}  // namespace
}  // namespace freshet
