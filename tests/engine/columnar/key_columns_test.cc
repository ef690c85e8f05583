#include "engine/columnar/key_columns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/random_rows.h"

namespace freshet {
namespace {

constexpr uint64_t kSeed = 0xC0FFEE;

std::vector<uint64_t> Hashes(const DeltaBatch& batch, const KeyColumns& key, uint64_t seed = kSeed) {
  BufferRef hashes = HashKeys(batch, key, seed);
  return {hashes.as<uint64_t>(), hashes.as<uint64_t>() + batch.size()};
}

uint64_t HashOf(const Datum& datum, TypeKind kind) {
  return Hashes(BatchOf({{{datum}, 1}}, {{"a", {kind}}}), {ColumnIndex(0)})[0];
}

TEST(KeyColumnsTest, ColumnsHashAsCellsCombinedInOrder) {
  Random random(1);
  DeltaBatch batch = RandomBatch(random, SchemaOfAllTypes(), 300, {.error_share = 0.1});
  KeyColumns all;
  std::vector<uint64_t> expected;
  for (uint32_t index = 0; index < batch.column_count(); ++index) {
    const Column& column = batch.column(ColumnIndex(index));
    std::vector<uint64_t> single = Hashes(batch, {ColumnIndex(index)});
    for (uint32_t row = 0; row < batch.size(); ++row) {
      ASSERT_EQ(single[row], HashCell(column, row, kSeed));
      if (index == 0) {
        expected.push_back(single[row]);
      } else {
        expected[row] = CombineHash(expected[row], single[row]);
      }
    }
    all.push_back(ColumnIndex(index));
    ASSERT_EQ(Hashes(batch, all), expected);
  }
}

TEST(KeyColumnsTest, EqualCellsHashAlikeAndOrderAgrees) {
  Random random(2);
  for (const Field& field : SchemaOfAllTypes()) {
    Schema schema = {field};
    RandomRowOptions options{.null_share = 0.1, .error_share = 0.1, .awkward_share = 0.3};
    auto rows = RandomRows(random, schema, 150, options);
    DeltaBatch batch = BatchOf(rows, schema);
    const Column& column = batch.column(ColumnIndex(0));
    std::vector<uint64_t> hashes = Hashes(batch, {ColumnIndex(0)});
    for (uint32_t a = 0; a < batch.size(); ++a) {
      for (uint32_t b = 0; b < batch.size(); ++b) {
        std::strong_ordering expected = rows[a].first[0] <=> rows[b].first[0];
        ASSERT_EQ(CompareCells(column, a, column, b), expected) << rows[a].first[0] << " " << rows[b].first[0];
        ASSERT_EQ(CellsEqual(column, a, column, b), expected == 0) << rows[a].first[0] << " " << rows[b].first[0];
        ASSERT_EQ(hashes[a] == hashes[b], expected == 0) << rows[a].first[0] << " " << rows[b].first[0];
      }
    }
  }
}

TEST(KeyColumnsTest, EncodingsOfOneValueHashAlike) {
  EXPECT_EQ(HashOf(Datum::Int(-5), TypeKind::kSmallint), HashOf(Datum::Int(-5), TypeKind::kBigint));
  EXPECT_EQ(HashOf(Datum::Int(-5), TypeKind::kInteger), HashOf(Datum::Int(-5), TypeKind::kBigint));
  EXPECT_EQ(HashOf(Datum::Double(0.0), TypeKind::kDouble), HashOf(Datum::Double(-0.0), TypeKind::kDouble));
  EXPECT_EQ(HashOf(Datum::Double(std::numeric_limits<double>::quiet_NaN()), TypeKind::kDouble),
            HashOf(Datum::Double(-std::nan("7")), TypeKind::kDouble));
  EXPECT_EQ(HashOf(Datum::Decimal(Numeric::Make(10, 1)), TypeKind::kNumeric),
            HashOf(Datum::Decimal(Numeric::Make(1, 0)), TypeKind::kNumeric));
  EXPECT_EQ(HashOf(Datum::Null(), TypeKind::kText), HashOf(Datum::Null(), TypeKind::kBigint));
}

// The hash is part of the storage format: a change here loses every data directory.
TEST(KeyColumnsTest, IsStable) {
  EXPECT_EQ(HashOf(Datum::Int(42), TypeKind::kBigint), 0xF3C9524E6F908538ull);
  EXPECT_EQ(HashOf(Datum::Bool(true), TypeKind::kBoolean), 0x66B987B6CDD47AAFull);
  EXPECT_EQ(HashOf(Datum::Double(1.5), TypeKind::kDouble), 0x07EA63BCDC7338B4ull);
  EXPECT_EQ(HashOf(Datum::Decimal(Numeric::Make(1250, 2)), TypeKind::kNumeric), 0x2667D117766BDE24ull);
  EXPECT_EQ(HashOf(Datum::Text("carrier"), TypeKind::kText), 0xBA4069DFEEF19FE3ull);
  EXPECT_EQ(HashOf(Datum::Text("a carrier with a long name"), TypeKind::kText), 0xE878B085DBAEE8C3ull);
  EXPECT_EQ(HashOf(Datum::Null(), TypeKind::kText), 0x0B63FA282A630104ull);
  EXPECT_EQ(HashOf(Datum::Error(CellError::kBadValue), TypeKind::kText), 0xE6CDB7A761FEF1C5ull);
}

TEST(KeyColumnsTest, TheEmptyKeyIsOneKey) {
  Random random(3);
  DeltaBatch batch = RandomBatch(random, SchemaOfAllTypes(), 10);
  std::vector<uint64_t> hashes = Hashes(batch, {});
  for (uint64_t hash : hashes) EXPECT_EQ(hash, hashes[0]);
  EXPECT_NE(Hashes(batch, {}, 1)[0], Hashes(batch, {}, 2)[0]);
}

TEST(KeyColumnsTest, CarriedHashesAreReused) {
  Random random(4);
  DeltaBatch batch = RandomBatch(random, SchemaOfAllTypes(), 10);
  KeyColumns key = {ColumnIndex(3)};
  BufferRef hashes = HashKeys(batch, key, kSeed);
  batch.SetHashes(key, hashes);
  EXPECT_TRUE(HashKeys(batch, key, kSeed) == hashes);
  EXPECT_FALSE(HashKeys(batch, KeyColumns{ColumnIndex(2)}, kSeed) == hashes);
}

TEST(KeyColumnsTest, OrderOfKeyColumnsMatters) {
  Schema schema = {{"a", {TypeKind::kBigint}}, {"b", {TypeKind::kBigint}}};
  DeltaBatch batch = BatchOf({{{Datum::Int(1), Datum::Int(2)}, 1}, {{Datum::Int(2), Datum::Int(1)}, 1}}, schema);
  std::vector<uint64_t> hashes = Hashes(batch, {ColumnIndex(0), ColumnIndex(1)});
  EXPECT_NE(hashes[0], hashes[1]);
}

}  // namespace
}  // namespace freshet
