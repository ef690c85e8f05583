#include "engine/columnar/row_codec.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

KeyColumns AllColumns(const Schema& schema) {
  KeyColumns columns;
  for (uint32_t index = 0; index < schema.size(); ++index) columns.push_back(ColumnIndex(index));
  return columns;
}

std::vector<ColumnBuilder> BuildersOf(const Schema& schema) {
  std::vector<ColumnBuilder> builders;
  for (const Field& field : schema) builders.emplace_back(field.type);
  return builders;
}

std::string Encode(const Row& row, const Schema& schema) {
  std::string bytes;
  EncodeRow(BatchOf({{row, 1}}, schema), AllColumns(schema), 0, &bytes);
  return bytes;
}

// These bytes lie in data directories: new releases must read them.
TEST(RowCodecTest, BytesAreStable) {
  auto hex = [](const Row& row, const Schema& schema) { return absl::BytesToHexString(Encode(row, schema)); };
  EXPECT_EQ(hex({Datum::Null()}, {{"a", {TypeKind::kText}}}), "00");
  EXPECT_EQ(hex({Datum::Error(CellError::kBadValue)}, {{"a", {TypeKind::kText}}}), "85");
  EXPECT_EQ(hex({Datum::Bool(true)}, {{"a", {TypeKind::kBoolean}}}), "0101");
  EXPECT_EQ(hex({Datum::Int(-1)}, {{"a", {TypeKind::kSmallint}}}), "0101");
  EXPECT_EQ(hex({Datum::Int(150)}, {{"a", {TypeKind::kInteger}}}), "01ac02");
  EXPECT_EQ(hex({Datum::Int(150)}, {{"a", {TypeKind::kBigint}}}), "01ac02");
  EXPECT_EQ(hex({Datum::Int(INT64_MIN)}, {{"a", {TypeKind::kBigint}}}), "01ffffffffffffffffff01");
  EXPECT_EQ(hex({Datum::Double(1.5)}, {{"a", {TypeKind::kDouble}}}), "01000000000000f83f");
  EXPECT_EQ(hex({Datum::Decimal(Numeric::Make(-1250, 2))}, {{"a", {TypeKind::kNumeric}}}), "0102c313");
  EXPECT_EQ(hex({Datum::Text("abc")}, {{"a", {TypeKind::kText}}}), "0103616263");
  EXPECT_EQ(hex({Datum::Int(1), Datum::Null(), Datum::Text("")},
                {{"a", {TypeKind::kDate}}, {"b", {TypeKind::kDate}}, {"c", {TypeKind::kText}}}),
            "0102000100");
}

TEST(RowCodecTest, RowsReadBackOneAfterAnother) {
  Random random(1);
  Schema schema = SchemaOfAllTypes();
  auto rows = RandomRows(random, schema, 500, {.error_share = 0.1, .awkward_share = 0.3, .weight_max = 0});
  DeltaBatch batch = BatchOf(rows, schema);
  std::string bytes;
  for (uint32_t row = 0; row < batch.size(); ++row) EncodeRow(batch, AllColumns(schema), row, &bytes);

  std::vector<ColumnBuilder> builders = BuildersOf(schema);
  std::string_view rest = bytes;
  for (size_t row = 0; row < rows.size(); ++row) ASSERT_TRUE(DecodeRow(&rest, builders).ok());
  EXPECT_TRUE(rest.empty());
  std::vector<Column> columns;
  for (ColumnBuilder& builder : builders) columns.push_back(builder.Finish());
  EXPECT_EQ(RowsOf(DeltaBatch(static_cast<uint32_t>(rows.size()), std::move(columns))), rows);
}

TEST(RowCodecTest, TakesTheGivenColumnsOnly) {
  Schema schema = {{"a", {TypeKind::kBigint}}, {"b", {TypeKind::kText}}};
  DeltaBatch batch = BatchOf({{{Datum::Int(1), Datum::Text("x")}, 1}}, schema);
  std::string bytes;
  EncodeRow(batch, KeyColumns{ColumnIndex(1)}, 0, &bytes);
  EXPECT_EQ(bytes, std::string("\x01\x01x"));
}

TEST(RowCodecTest, AWidenedColumnReadsOldRows) {
  std::string bytes = Encode({Datum::Int(-300)}, {{"a", {TypeKind::kSmallint}}});
  std::vector<ColumnBuilder> builders = BuildersOf({{"a", {TypeKind::kBigint}}});
  std::string_view rest = bytes;
  ASSERT_TRUE(DecodeRow(&rest, builders).ok());
  EXPECT_EQ(DatumAt(builders[0].Finish(), 0), Datum::Int(-300));
}

TEST(RowCodecTest, EveryCutIsAnError) {
  Random random(2);
  Schema schema = SchemaOfAllTypes();
  for (const auto& [row, weight] : RandomRows(random, schema, 20, {.error_share = 0.1})) {
    std::string bytes = Encode(row, schema);
    for (size_t size = 0; size < bytes.size(); ++size) {
      std::string cut(bytes.data(), size);
      std::vector<ColumnBuilder> builders = BuildersOf(schema);
      std::string_view rest = cut;
      absl::Status status = DecodeRow(&rest, builders);
      ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss);
      ASSERT_EQ(rest.size(), cut.size()) << "nothing is taken off";
    }
  }
}

TEST(RowCodecTest, RefusesWhatNoRowIs) {
  auto decode = [](std::string bytes, TypeKind kind) {
    std::vector<ColumnBuilder> builders = BuildersOf({{"a", {kind}}});
    std::string_view rest = bytes;
    return DecodeRow(&rest, builders);
  };
  EXPECT_FALSE(decode("\x02", TypeKind::kBigint).ok()) << "unknown tag";
  EXPECT_FALSE(decode("\x80", TypeKind::kBigint).ok()) << "error 0";
  EXPECT_FALSE(decode("\xFF", TypeKind::kBigint).ok()) << "unknown error";
  EXPECT_FALSE(decode("\x01\x02", TypeKind::kBoolean).ok()) << "a boolean of 2";
  EXPECT_FALSE(decode("\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", TypeKind::kBigint).ok()) << "more than 64 bits";
  EXPECT_FALSE(decode("\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", TypeKind::kBigint).ok());
  EXPECT_FALSE(decode("\x01\x80\x80\x80\x80\x20", TypeKind::kInteger).ok()) << "more than 32 bits";
  EXPECT_FALSE(decode("\x01\x27\x02", TypeKind::kNumeric).ok()) << "scale 39";
  EXPECT_FALSE(decode("\x01\x01" + std::string(18, '\xFF') + "\x03", TypeKind::kNumeric).ok()) << "over 38 digits";
  EXPECT_FALSE(decode("\x01\xFF\xFF\xFF\xFF\x0F", TypeKind::kText).ok()) << "a text of 4 GiB";
}

TEST(RowCodecTest, RandomBytesNeverBreakIt) {
  Random random(3);
  Schema schema = SchemaOfAllTypes();
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = Encode(RandomRows(random, schema, 1)[0].first, schema);
    for (size_t i = 0; i < 1 + random() % 4; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    std::vector<ColumnBuilder> builders = BuildersOf(schema);
    std::string_view rest = bytes;
    if (!DecodeRow(&rest, builders).ok()) continue;
    Row row;
    for (ColumnBuilder& builder : builders) row.push_back(DatumAt(builder.Finish(), 0));
    std::string again = Encode(row, schema);
    ASSERT_LE(again.size(), bytes.size() - rest.size());
  }
}

}  // namespace
}  // namespace freshet
