#include "engine/columnar/date_time.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace freshet {
namespace {

std::string Date(int64_t days) {
  std::string text;
  AppendDate(days, &text);
  return text;
}
std::string Timestamp(int64_t micros) {
  std::string text;
  AppendTimestamp(micros, &text);
  return text;
}
std::string Timestamptz(int64_t micros) {
  std::string text;
  AppendTimestamptz(micros, &text);
  return text;
}

// The text of what is read, or "none".
std::string ReadTimestamp(std::string_view text) {
  std::optional<int64_t> micros = ParseTimestamp(text);
  return micros ? Timestamp(*micros) : "none";
}
std::string ReadTimestamptz(std::string_view text) {
  std::optional<int64_t> micros = ParseTimestamptz(text);
  return micros ? Timestamptz(*micros) : "none";
}

TEST(CivilTest, DaysCountOnOverAllDates) {
  int64_t days = DaysFromCivil({1, 1, 1});
  EXPECT_EQ(days, -719'162);
  for (int64_t year = 1; year <= 9999; ++year) {
    for (int32_t month = 1; month <= 12; ++month) {
      for (int32_t day = 1; day <= DaysInMonth(year, month); ++day, ++days) {
        ASSERT_EQ(DaysFromCivil({year, month, day}), days);
        ASSERT_EQ(CivilFromDays(days), (CivilDate{year, month, day}));
      }
    }
  }
  EXPECT_EQ(days - 1, 2'932'896);
  EXPECT_EQ(DaysFromCivil({1970, 1, 1}), 0);
}

TEST(CivilTest, Weekdays) {
  EXPECT_EQ(IsoWeekday(0), 4);                              // a Thursday
  EXPECT_EQ(IsoWeekday(DaysFromCivil({2026, 11, 24})), 2);  // a Tuesday
  EXPECT_EQ(IsoWeekday(DaysFromCivil({1969, 12, 28})), 7);
}

TEST(CivilTest, MomentsBefore1970) {
  EXPECT_EQ(CivilFromMicros(-1), (CivilTime{{1969, 12, 31}, 23, 59, 59, 999'999}));
  EXPECT_EQ(MicrosFromCivil({{1969, 12, 31}, 23, 59, 59, 999'999}), -1);
  EXPECT_EQ(DayOfMicros(-1), -1);
  EXPECT_EQ(DayOfMicros(-kMicrosPerDay), -1);
  EXPECT_EQ(DayOfMicros(kMicrosPerDay), 1);
}

TEST(CivilTest, TheWholeRangeOf64Bits) {
  for (int64_t micros : {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(MicrosFromCivil(CivilFromMicros(micros)), micros);
    EXPECT_EQ(ParseTimestamp(Timestamp(micros)), micros) << Timestamp(micros);
    EXPECT_EQ(ParseTimestamptz(Timestamptz(micros)), micros) << Timestamptz(micros);
  }
  EXPECT_EQ(MicrosFromCivil({{300'000, 1, 1}}), std::nullopt);
  EXPECT_EQ(ParseTimestamp("300000-01-01"), std::nullopt);
}

TEST(DateTextTest, ReadsAndWrites) {
  for (std::string_view text : {"0001-01-01", "1582-10-15", "1969-12-31", "1970-01-01", "2000-02-29", "2026-01-31",
                                "9999-12-31", "10000-01-01", "0044-03-15 BC", "0001-02-29 BC"}) {
    ASSERT_TRUE(ParseDate(text).has_value()) << text;
    EXPECT_EQ(Date(*ParseDate(text)), text);
  }
  EXPECT_EQ(ParseDate("9999-12-31"), 2'932'896);
  EXPECT_EQ(ParseDate(" 2026-1-5 "), ParseDate("2026-01-05"));
  EXPECT_EQ(ParseDate("2026-01-31 23:59:59"), ParseDate("2026-01-31"));
  EXPECT_EQ(ParseDate("2026-01-31T12:00:00Z"), ParseDate("2026-01-31"));
  EXPECT_EQ(Date(std::numeric_limits<int32_t>::min()), "5877642-06-23 BC");
}

TEST(DateTextTest, RefusesOthers) {
  for (std::string_view text : {"",
                                "2026",
                                "2026-01",
                                "2026-13-01",
                                "2026-00-01",
                                "2026-01-00",
                                "2026-01-32",
                                "2025-02-29",
                                "1900-02-29",
                                "0000-01-01",
                                "26-01-01",
                                "2026-01-01x",
                                "2026/01/01",
                                "2026-01-01 x",
                                "2026-001-01",
                                "-2026-01-01",
                                "2026-01-01T",
                                "2026-01-01 25:00",
                                "0002-02-29 BC",
                                "12345678-01-01",
                                "2026-01-01 BCE"}) {
    EXPECT_EQ(ParseDate(text), std::nullopt) << text;
  }
}

TEST(TimestampTextTest, ReadsAndWrites) {
  EXPECT_EQ(ReadTimestamp("2026-01-31 12:00:00"), "2026-01-31T12:00:00");
  EXPECT_EQ(ReadTimestamp("2026-01-31T12:00:00"), "2026-01-31T12:00:00");
  EXPECT_EQ(ReadTimestamp("2026-01-31 12:00"), "2026-01-31T12:00:00");
  EXPECT_EQ(ReadTimestamp("2026-01-31"), "2026-01-31T00:00:00");
  EXPECT_EQ(ReadTimestamp("9999-12-31 23:59:59.999999"), "9999-12-31T23:59:59.999999");
  EXPECT_EQ(ReadTimestamp("2026-01-31 24:00:00"), "2026-02-01T00:00:00");
  EXPECT_EQ(ReadTimestamp("2026-12-31 23:59:60"), "2027-01-01T00:00:00");
  EXPECT_EQ(ReadTimestamp("2026-01-31 12:00:00+05"), "2026-01-31T12:00:00") << "no zone: an offset means nothing";
}

TEST(TimestampTextTest, Fractions) {
  EXPECT_EQ(ReadTimestamp("2026-01-31 12:00:00.5"), "2026-01-31T12:00:00.5");
  EXPECT_EQ(ReadTimestamp("2026-01-31 12:00:00.000001"), "2026-01-31T12:00:00.000001");
  EXPECT_EQ(ReadTimestamp("2026-01-31 12:00:00.0000005"), "2026-01-31T12:00:00.000001");
  EXPECT_EQ(ReadTimestamp("2026-01-31 12:00:00.00000049"), "2026-01-31T12:00:00");
  EXPECT_EQ(ReadTimestamp("2026-01-31 23:59:59.9999999"), "2026-02-01T00:00:00");
  EXPECT_EQ(ReadTimestamp("2026-01-31 12:00:00.123456789"), "2026-01-31T12:00:00.123457");
  EXPECT_EQ(ReadTimestamp("2026-01-31 12:00:00."), "2026-01-31T12:00:00");
}

TEST(TimestampTextTest, Offsets) {
  for (std::string_view text : {"2026-01-31T12:00:00Z", "2026-01-31 12:00:00", "2026-01-31 12:00:00 UTC",
                                "2026-01-31 14:00:00+02", "2026-01-31 14:00:00+02:00", "2026-01-31 14:00:00+0200",
                                "2026-01-31 14:00:00 +2", "2026-01-31 06:30:00-05:30", "2026-02-01 01:00:00+13"}) {
    EXPECT_EQ(ReadTimestamptz(text), "2026-01-31T12:00:00Z") << text;
  }
}

TEST(TimestampTextTest, RefusesOthers) {
  for (std::string_view text :
       {"", "12:00:00", "2026-01-31 12", "2026-01-31 12:0", "2026-01-31 12:60", "2026-01-31 12:00:61",
        "2026-01-31 24:00:01", "2026-01-31 25:00:00", "2026-01-31T", "2026-01-31  x", "2026-01-31 12:00:00+16",
        "2026-01-31 12:00:00+", "2026-01-31 12:00:00+02:", "2026-01-31 12:00:00+02:60", "2026-01-31 12:00:00 CET",
        "2026-01-31 12:00:00Zx", "2026-01-31 12:00:00+020"}) {
    EXPECT_EQ(ReadTimestamptz(text), "none") << text;
    EXPECT_EQ(ReadTimestamp(text), "none") << text;
  }
}

}  // namespace
}  // namespace freshet
