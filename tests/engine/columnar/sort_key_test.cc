#include "engine/columnar/sort_key.h"

#include <gtest/gtest.h>

#include "engine/columnar/key_columns.h"

namespace freshet {
namespace {

Column ColumnOf(DataType type, const std::vector<std::string>& texts) {
  ColumnBuilder builder(type);
  for (const std::string& text : texts) {
    AppendDatum(text == "NULL" ? Datum::Null() : *ParseDatum(text, type), builder);
  }
  return builder.Finish();
}

std::string KeyOf(const Column& column, uint32_t row, SortOrder order) {
  std::string key;
  AppendSortKey(column, row, order, &key);
  return key;
}

// The cells stand in ascending order, NULLs behind them.
void ExpectOrder(DataType type, const std::vector<std::string>& ascending) {
  const Column column = ColumnOf(type, ascending);
  for (SortOrder order : {SortOrder{}, SortOrder{.descending = true, .nulls_first = true},
                          SortOrder{.nulls_first = true}, SortOrder{.descending = true}}) {
    for (uint32_t a = 0; a < column.size(); ++a) {
      const std::string key = KeyOf(column, a, order);
      for (uint32_t b = 0; b < column.size(); ++b) {
        bool before = a < b;
        if (column.IsNull(a) != column.IsNull(b)) {
          before = column.IsNull(a) == order.nulls_first;
        } else if (order.descending) {
          before = a > b;
        }
        EXPECT_EQ(key < KeyOf(column, b, order), before && a != b) << ascending[a] << " and " << ascending[b];
      }
      std::string_view rest = key;
      EXPECT_EQ(FormatDatum(TakeSortKey(&rest, type, order), type), FormatDatum(DatumAt(column, a), type));
      EXPECT_TRUE(rest.empty());
    }
  }
}

TEST(SortKeyTest, OrdersCellsByTheirBytes) {
  ExpectOrder({TypeKind::kBoolean}, {"false", "true", "NULL"});
  ExpectOrder({TypeKind::kSmallint}, {"-32768", "-1", "0", "300", "NULL"});
  ExpectOrder({TypeKind::kBigint}, {"-9223372036854775808", "-256", "-1", "0", "1", "255", "9223372036854775807"});
  ExpectOrder({TypeKind::kDouble}, {"-Infinity", "-1e300", "-1", "0", "5e-324", "1.5", "1e300", "Infinity", "NaN"});
  ExpectOrder({TypeKind::kText}, {"", "a", "aa", "ab", "b", "long text beyond twelve bytes", "ü", "NULL"});
  ExpectOrder({TypeKind::kDate}, {"1969-12-31", "2026-01-31"});
  ExpectOrder({TypeKind::kNumeric}, {"-" + std::string(38, '9'),
                                     "-100",
                                     "-99.5",
                                     "-10.01",
                                     "-10.0",
                                     "-1",
                                     "-0.001",
                                     "0",
                                     "0.00",
                                     "0.001",
                                     "0.1",
                                     "1",
                                     "1.0",
                                     "1.00",
                                     "1.5",
                                     "9.99",
                                     "10",
                                     "100",
                                     "100.00",
                                     std::string(38, '9'),
                                     "NULL"});
}

TEST(SortKeyTest, OfWhatIsComparedAloneHasOneKeyForEqualValues) {
  const Column numbers = ColumnOf({TypeKind::kNumeric}, {"1.0", "1.00", "100", "1e2"});
  const Column intervals = ColumnOf({TypeKind::kInterval}, {"1 mon", "30 days"});
  const SortOrder order{.value_only = true};
  EXPECT_EQ(KeyOf(numbers, 0, order), KeyOf(numbers, 1, order));
  EXPECT_EQ(KeyOf(numbers, 2, order), KeyOf(numbers, 3, order));
  EXPECT_EQ(KeyOf(intervals, 0, order), KeyOf(intervals, 1, order));
  EXPECT_NE(KeyOf(numbers, 0, {}), KeyOf(numbers, 1, {}));
  EXPECT_NE(KeyOf(intervals, 0, {}), KeyOf(intervals, 1, {}));
  const std::string key = KeyOf(numbers, 2, order);
  std::string_view rest = key;
  EXPECT_EQ(TakeSortKey(&rest, {TypeKind::kNumeric}, order), Datum::Decimal(Numeric::Make(100, 0)));
  EXPECT_TRUE(rest.empty());
}

TEST(SortKeyTest, KeepsZeroBytesOfTexts) {
  ColumnBuilder builder({TypeKind::kText});
  const std::vector<std::string> texts = {"a", std::string("a\0", 2), std::string("a\0b", 3), "aa"};
  for (const std::string& text : texts) builder.AppendString(text);
  const Column column = builder.Finish();
  for (uint32_t row = 0; row < texts.size(); ++row) {
    const std::string key = KeyOf(column, row, {});
    if (row > 0) EXPECT_LT(KeyOf(column, row - 1, {}), key);
    std::string_view rest = key;
    EXPECT_EQ(TakeSortKey(&rest, column.type(), {}).text_value(), texts[row]);
  }
}

}  // namespace
}  // namespace freshet
