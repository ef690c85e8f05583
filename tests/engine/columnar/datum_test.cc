#include "engine/columnar/datum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "engine/base/str_cat.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What `text` reads as and is written as again, or the error's message.
std::string ReadBack(std::string_view text, std::string_view type_name) {
  DataType type = *ParseTypeName(type_name);
  absl::StatusOr<Datum> datum = ParseDatum(text, type);
  if (datum.ok()) return FormatDatum(*datum, type);
  EXPECT_EQ(datum.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(datum.status().message());
}

TEST(DatumTest, ValuesThenNullThenError) {
  std::vector<Datum> ascending = {Datum::Double(-kInfinity),
                                  Datum::Double(-1),
                                  Datum::Double(0),
                                  Datum::Double(kInfinity),
                                  Datum::Double(kNan),
                                  Datum::Null(),
                                  Datum::Error(CellError::kOverflow),
                                  Datum::Error(CellError::kDivisionByZero)};
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) EXPECT_EQ(ascending[i] <=> ascending[j], i <=> j);
  }
  EXPECT_EQ(Datum::Double(0.0), Datum::Double(-0.0));
  EXPECT_EQ(Datum::Decimal(Numeric::Make(10, 1)), Datum::Decimal(Numeric::Make(100, 2)));
  EXPECT_LT(Datum::Text("Z"), Datum::Text("a"));
  EXPECT_LT(Datum::Text("z"), Datum::Text("\xC3\xA4"));
}

TEST(DatumTest, Booleans) {
  for (std::string_view text : {"true", "t", "TRUE", "tr", "yes", "y", "on", "1", " true "}) {
    EXPECT_EQ(ReadBack(text, "boolean"), "true") << text;
  }
  for (std::string_view text : {"false", "f", "no", "off", "of", "0"}) {
    EXPECT_EQ(ReadBack(text, "boolean"), "false") << text;
  }
  for (std::string_view text : {"", "o", "2", "truer", "yess"}) {
    EXPECT_EQ(ReadBack(text, "boolean"), StrCat("\"", text, "\" is no boolean; expected true or false"));
  }
}

TEST(DatumTest, Integers) {
  EXPECT_EQ(ReadBack(" +12 ", "integer"), "12");
  EXPECT_EQ(ReadBack("-32768", "smallint"), "-32768");
  EXPECT_EQ(ReadBack("-9223372036854775808", "bigint"), "-9223372036854775808");
  EXPECT_EQ(ReadBack("9223372036854775807", "bigint"), "9223372036854775807");
  EXPECT_EQ(ReadBack("9223372036854775808", "bigint"), "\"9223372036854775808\" is out of range for bigint");
  EXPECT_EQ(ReadBack("32768", "smallint"), "\"32768\" is out of range for smallint");
  EXPECT_EQ(ReadBack("2147483648", "integer"), "\"2147483648\" is out of range for integer");
  for (std::string_view text : {"", " ", "+", "-", "+-1", "1.0", "1e3", "0x1", "12a", "1 2"}) {
    EXPECT_EQ(ReadBack(text, "integer"), StrCat("\"", text, "\" is no integer; expected digits with an optional sign"));
  }
}

TEST(DatumTest, Doubles) {
  EXPECT_EQ(ReadBack("0.1", "double"), "0.1");
  EXPECT_EQ(ReadBack("+1e3", "double"), "1000");
  EXPECT_EQ(ReadBack("1e300", "double"), "1e+300");
  EXPECT_EQ(ReadBack(".5", "double"), "0.5");
  EXPECT_EQ(ReadBack("5.", "double"), "5");
  EXPECT_EQ(ReadBack("-0", "double"), "-0");
  EXPECT_EQ(ReadBack("nan", "double"), "NaN");
  EXPECT_EQ(ReadBack("-inf", "double"), "-Infinity");
  EXPECT_EQ(ReadBack("Infinity", "double"), "Infinity");
  EXPECT_EQ(ReadBack("1e400", "double"), "\"1e400\" is out of range for double precision");
  for (std::string_view text : {"", "-", "--1", "nan(1)", "0x1p3", "1e", "1,5", "infinit"}) {
    EXPECT_EQ(ReadBack(text, "double"), StrCat("\"", text,
                                               "\" is no double precision; expected a number, NaN, "
                                               "Infinity or -Infinity"));
  }
}

TEST(DatumTest, DoublesReadBackExactly) {
  Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    double value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    Datum datum = Datum::Double(value);
    std::string text = FormatDatum(datum, {TypeKind::kDouble});
    absl::StatusOr<Datum> back = ParseDatum(text, {TypeKind::kDouble});
    ASSERT_TRUE(back.ok()) << text;
    ASSERT_EQ(std::bit_cast<uint64_t>(back->double_value()), std::bit_cast<uint64_t>(value)) << text;
  }
}

TEST(DatumTest, Numerics) {
  EXPECT_EQ(ReadBack("1.50", "numeric"), "1.50");
  EXPECT_EQ(ReadBack("1.505", "numeric(5,2)"), "1.51");
  EXPECT_EQ(ReadBack("999.99", "numeric(5,2)"), "999.99");
  EXPECT_EQ(ReadBack("999.995", "numeric(5,2)"), "\"999.995\" is out of range for numeric(5,2)");
  EXPECT_EQ(ReadBack("-1000", "numeric(5,2)"), "\"-1000\" is out of range for numeric(5,2)");
  EXPECT_EQ(ReadBack("x", "numeric"), "\"x\" is no numeric; expected a decimal number of at most 38 digits");
}

TEST(DatumTest, TextsAndTimes) {
  EXPECT_EQ(ReadBack(" as it is ", "text"), " as it is ");
  EXPECT_EQ(ReadBack("9999-12-31", "date"), "9999-12-31");
  EXPECT_EQ(ReadBack("2026-01-31 12:00:00.5", "timestamp"), "2026-01-31T12:00:00.5");
  EXPECT_EQ(ReadBack("2026-01-31 12:00:00+02", "timestamptz"), "2026-01-31T10:00:00Z");
  EXPECT_EQ(ReadBack("2026-02-30", "date"), "\"2026-02-30\" is no date; expected YYYY-MM-DD");
  EXPECT_EQ(ReadBack("noon", "timestamptz"), "\"noon\" is no timestamptz; expected YYYY-MM-DDTHH:MM:SSZ");
}

TEST(DatumTest, FormatsWhatIsNoValue) {
  EXPECT_EQ(FormatDatum(Datum::Null(), {TypeKind::kText}), "NULL");
  EXPECT_EQ(FormatDatum(Datum::Error(CellError::kDivisionByZero), {TypeKind::kText}), "ERROR(DIVISION_BY_ZERO)");
  std::ostringstream out;
  out << Datum::Null() << " " << Datum::Text("x") << " " << Datum::Bool(true) << " " << Datum::Int(7) << " "
      << Datum::Double(0.5) << " " << Datum::Decimal(Numeric::Make(150, 2)) << " "
      << Datum::Error(CellError::kTooLarge);
  EXPECT_EQ(out.str(), "NULL 'x' true 7 0.5 1.50 ERROR(VALUE_TOO_LARGE)");
}

TEST(DatumTest, RandomValuesReadBack) {
  Random random(5);
  RandomRowOptions options{.null_share = 0};
  for (int i = 0; i < 5'000; ++i) {
    for (const Field& field : SchemaOfAllTypes()) {
      Datum datum = RandomDatum(random, field.type, options);
      std::string text = FormatDatum(datum, field.type);
      absl::StatusOr<Datum> back = ParseDatum(text, field.type);
      ASSERT_TRUE(back.ok()) << back.status();
      ASSERT_EQ(*back, datum) << text;
    }
  }
}

TEST(DatumTest, PassesThroughColumns) {
  Random random(6);
  RandomRowOptions options{.error_share = 0.1};
  for (const Field& field : SchemaOfAllTypes()) {
    ColumnBuilder builder(field.type, 1);
    std::vector<Datum> cells;
    for (int i = 0; i < 300; ++i) {
      cells.push_back(RandomDatum(random, field.type, options));
      AppendDatum(cells.back(), builder);
    }
    Column column = builder.Finish();
    ASSERT_EQ(column.size(), cells.size());
    for (uint32_t row = 0; row < column.size(); ++row) ASSERT_EQ(DatumAt(column, row), cells[row]) << field.name;
  }
}

TEST(DatumDeathTest, RefusesWhatDoesNotFitItsColumn) {
  ColumnBuilder builder({TypeKind::kInteger});
  EXPECT_DEATH(AppendDatum(Datum::Int(int64_t{1} << 40), builder), "as integer");
}

}  // namespace
}  // namespace freshet
