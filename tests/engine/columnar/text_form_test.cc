#include "engine/columnar/text_form.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/random_rows.h"

namespace freshet {
namespace {

const Schema kSchema = {{"id", {TypeKind::kBigint}}, {"name", {TypeKind::kText}}, {"price", {TypeKind::kNumeric}}};

std::string ErrorOf(std::string_view text) {
  absl::StatusOr<DeltaBatch> batch = ParseBatch(text, kSchema);
  EXPECT_EQ(batch.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(batch.status().message());
}

TEST(TextFormTest, ReadsRows) {
  absl::StatusOr<DeltaBatch> batch = ParseBatch(R"(
    # id | name | price
    +1 | 7 | abc | NULL

    -2 | 8 | 'x | y' | ERROR(DIVISION_BY_ZERO)
     3 | -9 |  two words  | 1.50
    +1 | 10 | 'it''s' | 0
    +1 | 11 | | 0
    +1 | 12 | 'NULL' | 0
    +1 | 13 | NULL | 0)",
                                                kSchema);
  ASSERT_TRUE(batch.ok()) << batch.status();
  std::vector<std::pair<Row, int64_t>> expected = {
      {{Datum::Int(7), Datum::Text("abc"), Datum::Null()}, 1},
      {{Datum::Int(8), Datum::Text("x | y"), Datum::Error(CellError::kDivisionByZero)}, -2},
      {{Datum::Int(-9), Datum::Text("two words"), Datum::Decimal(Numeric::Make(150, 2))}, 3},
      {{Datum::Int(10), Datum::Text("it's"), Datum::Decimal(Numeric::Make(0, 0))}, 1},
      {{Datum::Int(11), Datum::Text(""), Datum::Decimal(Numeric::Make(0, 0))}, 1},
      {{Datum::Int(12), Datum::Text("NULL"), Datum::Decimal(Numeric::Make(0, 0))}, 1},
      {{Datum::Int(13), Datum::Null(), Datum::Decimal(Numeric::Make(0, 0))}, 1}};
  EXPECT_EQ(RowsOf(*batch), expected);
}

TEST(TextFormTest, Formats) {
  DeltaBatch batch = *ParseBatch("+1|7|'a'|NULL\n-2|8|'x | y'|ERROR(DIVISION_BY_ZERO)\n1|9|''|1.0\n", kSchema);
  EXPECT_EQ(FormatBatch(batch),
            "+1 | 7 | a | NULL\n"
            "-2 | 8 | 'x | y' | ERROR(DIVISION_BY_ZERO)\n"
            "+1 | 9 | '' | 1.0\n");
}

TEST(TextFormTest, NoWeightsWhenAllAreOne) {
  EXPECT_EQ(ParseBatch("+1|7|a|1\n1|7|a|1", kSchema)->weights(), nullptr);
  EXPECT_NE(ParseBatch("+1|7|a|1\n2|7|a|1", kSchema)->weights(), nullptr);
  EXPECT_TRUE(ParseBatch("", kSchema)->empty());
  EXPECT_EQ(ParseBatch("", kSchema)->column_count(), 3u);
  EXPECT_EQ(ParseBatch("+1\n-1\n", {})->size(), 2u);
}

TEST(TextFormTest, ErrorsNameTheLine) {
  EXPECT_EQ(ErrorOf("\n# x\n+1 | x | a | 1"),
            "line 3: column id: \"x\" is no bigint; expected digits with an "
            "optional sign");
  EXPECT_EQ(ErrorOf("+1 | 1 | a"), "line 1: the row ends before column 3 (price)");
  EXPECT_EQ(ErrorOf("+1 | 1 | a | 1 | 2"), "line 1: more cells than the 3 columns");
  EXPECT_EQ(ErrorOf("x | 1 | a | 1"), "line 1: \"x\" is not a weight; a row is `weight | cell | cell ...`");
  EXPECT_EQ(ErrorOf("+1 | 1 | 'a | 1"), "line 1: a quoted cell has no end");
  EXPECT_EQ(ErrorOf("+1 | 1 | 'a' b | 1"), "line 1: something stands between a quoted cell and the next |");
  EXPECT_EQ(ErrorOf("+1 | 1 | ERROR(NO) | 1"), "line 1: there is no cell error NO");
}

TEST(TextFormTest, RandomBatchesReadBack) {
  Random random(1);
  Schema schema = SchemaOfAllTypes();
  for (int round = 0; round < 50; ++round) {
    DeltaBatch batch = RandomBatch(random, schema, random() % 100, {.error_share = 0.1, .awkward_share = 0.3});
    absl::StatusOr<DeltaBatch> back = ParseBatch(FormatBatch(batch), schema);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(RowsOf(*back), RowsOf(batch));
    EXPECT_EQ(FormatBatch(*back), FormatBatch(batch));
  }
}

TEST(TextFormTest, AwkwardTextsReadBack) {
  Schema schema = {{"a", {TypeKind::kText}}, {"b", {TypeKind::kText}}};
  for (std::string text : {"", " ", "\n", "a\nb", "\ta", "'", "''", "|", "NULL", "null", "ERROR(X)", "ERROR(OVERFLOW",
                           "# no comment", "+1", "a'b", "\r\n"}) {
    DeltaBatch batch = BatchOf({{{Datum::Text(text), Datum::Text(text)}, 1}}, schema);
    absl::StatusOr<DeltaBatch> back = ParseBatch(FormatBatch(batch), schema);
    ASSERT_TRUE(back.ok()) << back.status() << FormatBatch(batch);
    EXPECT_EQ(RowsOf(*back), RowsOf(batch));
  }
}

TEST(ZSetTest, AddsAndCancels) {
  ZSet rows;
  rows.Add({Datum::Int(1)}, 2);
  rows.Add({Datum::Int(2)}, 1);
  rows.Add({Datum::Int(1)}, -2);
  rows.Add({Datum::Int(3)}, 0);
  EXPECT_EQ(rows.rows().size(), 1u);
  ZSet twice = rows;
  twice.Add(rows);
  EXPECT_EQ(twice.rows().at({Datum::Int(2)}), 2);
  twice.Add(rows, -2);
  EXPECT_TRUE(twice.empty());
  rows.Add(rows, -1);
  EXPECT_TRUE(rows.empty());
}

TEST(ZSetTest, IsWhatIsLeftOfBatches) {
  Random random(2);
  Schema schema = SchemaOfAllTypes();
  DeltaBatch batch = RandomBatch(random, schema, 200, {.distinct = 2});
  ZSet once;
  once.Add(batch);
  ZSet shuffled;
  std::vector<uint32_t> rows(batch.size());
  for (uint32_t row = 0; row < batch.size(); ++row) rows[row] = batch.size() - 1 - row;
  shuffled.Add(GatherBatch(batch, rows));
  EXPECT_EQ(once, shuffled);
  shuffled.Add(once, -1);
  EXPECT_TRUE(shuffled.empty());
}

TEST(ZSetTest, FormatsSorted) {
  ZSet rows;
  rows.Add({Datum::Null(), Datum::Int(1)}, 1);
  rows.Add({Datum::Text("b"), Datum::Int(0)}, -1);
  rows.Add({Datum::Text("a|"), Datum::Int(1)}, 3);
  Schema schema = {{"a", {TypeKind::kText}}, {"b", {TypeKind::kDate}}};
  EXPECT_EQ(rows.Format(schema),
            "+3 | 'a|' | 1970-01-02\n"
            "-1 | b | 1970-01-01\n"
            "+1 | NULL | 1970-01-02\n");
  std::ostringstream out;
  out << rows;
  EXPECT_EQ(out.str(), "+3 | 'a|' | 1\n-1 | 'b' | 0\n+1 | NULL | 1\n");
}

}  // namespace
}  // namespace freshet
