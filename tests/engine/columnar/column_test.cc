#include "engine/columnar/column.h"

#include <gtest/gtest.h>

#include <numeric>

#include "engine/columnar/column_builder.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

struct ColumnCase {
  const char* name;
  double null_share;
  double error_share;
};

class ColumnTest : public testing::TestWithParam<ColumnCase> {
 protected:
  std::vector<Datum> RandomCells(DataType type, size_t count) {
    RandomRowOptions options{.null_share = GetParam().null_share, .error_share = GetParam().error_share};
    std::vector<Datum> cells;
    for (size_t i = 0; i < count; ++i) cells.push_back(RandomDatum(random_, type, options));
    return cells;
  }

  Random random_{7};
};

Column ColumnOf(DataType type, const std::vector<Datum>& cells) {
  ColumnBuilder builder(type, 1);
  for (const Datum& cell : cells) AppendDatum(cell, builder);
  return builder.Finish();
}

std::vector<Datum> CellsOf(const Column& column) {
  std::vector<Datum> cells;
  for (uint32_t row = 0; row < column.size(); ++row) cells.push_back(DatumAt(column, row));
  return cells;
}

// No bitmap without an invalid cell, no error codes without an ERROR, no ERROR that is valid.
void ExpectTidy(const Column& column) {
  bool any_invalid = false;
  bool any_error = false;
  for (uint32_t row = 0; row < column.size(); ++row) {
    any_invalid |= !column.IsValue(row);
    any_error |= column.IsError(row);
    if (column.IsError(row)) {
      EXPECT_FALSE(column.IsValue(row));
    }
  }
  EXPECT_EQ(column.all_valid(), !any_invalid);
  EXPECT_EQ(column.error_codes() != nullptr, any_error);
}

TEST_P(ColumnTest, GathersAnyRows) {
  for (const Field& field : SchemaOfAllTypes()) {
    std::vector<Datum> cells = RandomCells(field.type, 200);
    Column column = ColumnOf(field.type, cells);
    for (size_t count : {0, 1, 63, 64, 65, 500}) {
      std::vector<uint32_t> rows;
      std::vector<Datum> expected;
      for (size_t i = 0; i < count; ++i) {
        rows.push_back(static_cast<uint32_t>(random_() % cells.size()));
        expected.push_back(cells[rows.back()]);
      }
      Column gathered = GatherColumn(column, rows);
      EXPECT_EQ(gathered.type(), field.type);
      EXPECT_EQ(CellsOf(gathered), expected) << field.name;
      ExpectTidy(gathered);
    }
  }
}

TEST_P(ColumnTest, ConcatenatesPartsOfAllSizes) {
  for (const Field& field : SchemaOfAllTypes()) {
    for (int round = 0; round < 10; ++round) {
      std::vector<Column> parts;
      std::vector<Datum> expected;
      for (size_t part = 0; part < 1 + random_() % 6; ++part) {
        std::vector<Datum> cells = RandomCells(field.type, random_() % 130);
        expected.insert(expected.end(), cells.begin(), cells.end());
        parts.push_back(ColumnOf(field.type, cells));
      }
      EXPECT_EQ(CellsOf(ConcatColumns(parts)), expected) << field.name;
    }
  }
}

TEST_P(ColumnTest, AppendFromCopiesCells) {
  for (const Field& field : SchemaOfAllTypes()) {
    std::vector<Datum> cells = RandomCells(field.type, 300);
    ColumnBuilder builder(field.type, 1);
    {
      Column column = ColumnOf(field.type, cells);
      for (uint32_t row = 0; row < column.size(); ++row) builder.AppendFrom(column, row);
    }
    Column copy = builder.Finish();
    EXPECT_EQ(CellsOf(copy), cells) << field.name;
    ExpectTidy(copy);
  }
}

TEST_P(ColumnTest, CompactionKeepsCellsAndNothingElse) {
  std::vector<Datum> cells = RandomCells({TypeKind::kText}, 300);
  std::vector<uint32_t> rows = {5, 7, 7, 100};
  Column compact;
  std::vector<Datum> expected;
  {
    Column gathered = GatherColumn(ColumnOf({TypeKind::kText}, cells), rows);
    expected = CellsOf(gathered);
    compact = CompactStrings(gathered);
    EXPECT_LE(compact.heaps().size(), 1u);
  }
  EXPECT_EQ(CellsOf(compact), expected);
}

INSTANTIATE_TEST_SUITE_P(Cells, ColumnTest,
                         testing::Values(ColumnCase{"values", 0, 0}, ColumnCase{"nulls", 0.3, 0},
                                         ColumnCase{"errors", 0, 0.2}, ColumnCase{"both", 0.2, 0.2},
                                         ColumnCase{"rare", 0.004, 0.002}),
                         [](const auto& info) { return info.param.name; });

TEST(ColumnBuilderTest, IsReadyAgainAfterFinish) {
  ColumnBuilder builder({TypeKind::kText}, 4);
  builder.AppendNull();
  builder.AppendError(CellError::kOverflow);
  builder.AppendString("a text that is longer than twelve bytes");
  Column first = builder.Finish();
  EXPECT_EQ(builder.size(), 0u);
  builder.AppendString("short");
  builder.AppendString("another text that is longer than twelve bytes");
  Column second = builder.Finish();
  EXPECT_EQ(CellsOf(first), (std::vector<Datum>{Datum::Null(), Datum::Error(CellError::kOverflow),
                                                Datum::Text("a text that is longer than twelve bytes")}));
  EXPECT_EQ(CellsOf(second),
            (std::vector<Datum>{Datum::Text("short"), Datum::Text("another text that is longer than twelve bytes")}));
  EXPECT_TRUE(second.all_valid());
  EXPECT_EQ(builder.Finish().size(), 0u);
}

TEST(ColumnBuilderTest, CellsWithoutAValueAreZeroBytes) {
  ColumnBuilder builder({TypeKind::kNumeric});
  builder.Append(Numeric::Make(-1, 5));
  builder.AppendNull();
  builder.AppendError(CellError::kBadValue);
  Column column = builder.Finish();
  for (size_t i = sizeof(Numeric); i < 3 * sizeof(Numeric); ++i) EXPECT_EQ(column.raw_values()[i], 0);
}

TEST(ColumnBuilderTest, LongTextsOfAllSizesKeepTheirPlace) {
  Random random(8);
  ColumnBuilder builder({TypeKind::kText});
  std::vector<Datum> expected;
  for (int i = 0; i < 500; ++i) {
    size_t size = i % 50 == 0 ? random() % 600'000 : random() % 2'000;
    expected.push_back(Datum::Text(std::string(size, static_cast<char>('a' + i % 26))));
    builder.AppendString(expected.back().text_value());
  }
  Column column = builder.Finish();
  EXPECT_EQ(CellsOf(column), expected);
  EXPECT_LT(column.heaps().size(), 60u);
}

TEST(ColumnBuilderTest, HeapsOfOthersStayAlive) {
  ColumnBuilder builder({TypeKind::kText});
  BufferRef heap = BufferRef::Allocate(20);
  std::memset(heap.mutable_as<char>(), 'h', 20);
  builder.Append(StringCell(heap.as<char>(), 20));
  builder.AddHeap(std::move(heap));
  EXPECT_EQ(DatumAt(builder.Finish(), 0), Datum::Text(std::string(20, 'h')));
}

TEST(ColumnFunctionsTest, ConcatenationSharesEachHeapOnce) {
  Column text = ColumnOf({TypeKind::kText}, {Datum::Text("a text that is longer than twelve bytes")});
  std::vector<Column> parts(10, text);
  EXPECT_EQ(ConcatColumns(parts).heaps().size(), 1u);
}

TEST(ColumnFunctionsTest, CountsBytes) {
  EXPECT_EQ(ColumnBytes(ColumnOf({TypeKind::kBigint}, {Datum::Int(1), Datum::Int(2)})), 16u);
  EXPECT_EQ(ColumnBytes(ColumnOf({TypeKind::kInteger}, {Datum::Int(1), Datum::Null()})), 8u + 8u);
  EXPECT_EQ(ColumnBytes(ColumnOf({TypeKind::kBoolean}, {Datum::Error(CellError::kOverflow)})), 1u + 8u + 1u);
  EXPECT_EQ(ColumnBytes(ColumnOf({TypeKind::kText}, {Datum::Text("short"), Datum::Text("thirteen byte")})), 32u + 13u);
}

TEST(ColumnFunctionsTest, TurnsIntoATypeOfTheSameLayout) {
  Column days = ColumnOf({TypeKind::kInteger}, {Datum::Int(0)}).As({TypeKind::kDate});
  EXPECT_EQ(FormatDatum(DatumAt(days, 0), days.type()), "1970-01-01");
}

}  // namespace
}  // namespace freshet
