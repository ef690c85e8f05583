#include "engine/columnar/ordered_row_codec.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

std::string Code(const Row& row, const Schema& schema, std::span<const SortColumn> order = {}) {
  std::string bytes;
  OrderedRowCodec(TypesOf(schema), order).Append(BatchOf({{row, 1}}, schema), 0, &bytes);
  return bytes;
}

// By value, equal numerics by their scale.
bool InOrder(const Row& a, const Row& b, const Schema& schema) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return a[i] < b[i];
    if (!a[i].is_value() || schema[i].type.kind != TypeKind::kNumeric) continue;
    const int32_t scale = a[i].numeric_value().scale, other = b[i].numeric_value().scale;
    if (scale != other) return scale < other;
  }
  return true;
}

// These bytes lie in data directories: new releases must read them. What a cell's key is: sort_key_test.cc.
TEST(OrderedRowCodecTest, BytesAreStable) {
  auto hex = [](Datum datum, DataType type, SortColumn order = {.column = ColumnIndex(0)}) {
    return absl::BytesToHexString(Code({std::move(datum)}, {{"a", type}}, std::span(&order, 1)));
  };
  const SortColumn descending{.column = ColumnIndex(0), .descending = true, .nulls_first = true};
  EXPECT_EQ(hex(Datum::Null(), {TypeKind::kText}), "0200");
  EXPECT_EQ(hex(Datum::Null(), {TypeKind::kText}, descending), "0000");
  EXPECT_EQ(hex(Datum::Error(CellError::kBadValue), {TypeKind::kText}), "0205");
  EXPECT_EQ(hex(Datum::Bool(true), {TypeKind::kBoolean}), "0101");
  EXPECT_EQ(hex(Datum::Int(1), {TypeKind::kBigint}, descending), "017ffffffffffffffe");
  EXPECT_EQ(hex(Datum::Double(1.5), {TypeKind::kDouble}), "01bff800000000000000");
  EXPECT_EQ(hex(Datum::Double(-0.0), {TypeKind::kDouble}), "01800000000000000001");
}

TEST(OrderedRowCodecTest, BytesCompareLikeRowsAndReadBack) {
  Random random(1);
  const Schema schema = SchemaOfAllTypes();
  auto rows = RandomRows(random, schema, 400, {.error_share = 0.05, .awkward_share = 0.3, .weight_max = 0});
  for (uint32_t column = 0; column < schema.size(); ++column) {
    for (bool descending : {false, true}) {
      for (bool nulls_first : {false, true}) {
        const SortColumn sort{ColumnIndex(column), descending, nulls_first};
        OrderedRowCodec codec(TypesOf(schema), std::span(&sort, 1));
        std::vector<std::pair<std::string, Row>> coded;
        for (const auto& [row, weight] : rows) coded.emplace_back(Code(row, schema, std::span(&sort, 1)), row);
        std::sort(coded.begin(), coded.end());
        for (size_t i = 0; i < coded.size(); ++i) {
          std::vector<ColumnBuilder> builders;
          for (const Field& field : schema) builders.emplace_back(field.type);
          codec.Read(coded[i].first, builders);
          Row read;
          for (ColumnBuilder& builder : builders) read.push_back(DatumAt(builder.Finish(), 0));
          ASSERT_EQ(Code(read, schema, std::span(&sort, 1)), coded[i].first) << "the same form";
          ASSERT_EQ(read, coded[i].second);
          if (i == 0) continue;
          const Datum &before = coded[i - 1].second[column], &here = coded[i].second[column];
          const bool other_scale = before.is_value() && here.is_value() &&
                                   schema[column].type.kind == TypeKind::kNumeric &&
                                   before.numeric_value().scale != here.numeric_value().scale;
          if (before == here && other_scale) {
            ASSERT_EQ(before.numeric_value().scale < here.numeric_value().scale, !descending);
          } else if (before == here) {
            ASSERT_TRUE(InOrder(coded[i - 1].second, coded[i].second, schema));
          } else if (before.is_value() && here.is_value()) {
            ASSERT_EQ(before < here, !descending) << before << " stands before " << here;
          } else if (before.is_value() != here.is_value()) {
            ASSERT_EQ(here.is_value(), nulls_first);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace freshet
