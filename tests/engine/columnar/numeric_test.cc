#include "engine/columnar/numeric.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace freshet {
namespace {

Numeric N(std::string_view text) {
  std::optional<Numeric> value = ParseNumeric(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(Numeric());
}

const char kMax[] = "99999999999999999999999999999999999999";  // 38 digits

TEST(NumericTest, ReadsAndWritesWithScale) {
  for (std::string_view text : {"0", "0.0", "0.05", "-0.05", "1.50", "-12.50", "100", "123456789012345678.9",
                                "1000000000000000000", "0.00000000000000000000000000000000000001"}) {
    EXPECT_EQ(FormatNumeric(N(text)), text);
  }
  EXPECT_EQ(FormatNumeric(N(kMax)), kMax);
  EXPECT_EQ(FormatNumeric(N(std::string("-") + kMax)), std::string("-") + kMax);
  EXPECT_EQ(FormatNumeric(N("-0.00")), "0.00");
}

TEST(NumericTest, ReadsWhatPostgresReads) {
  EXPECT_EQ(FormatNumeric(N(" +7 ")), "7");
  EXPECT_EQ(FormatNumeric(N(".5")), "0.5");
  EXPECT_EQ(FormatNumeric(N("5.")), "5");
  EXPECT_EQ(FormatNumeric(N("1e3")), "1000");
  EXPECT_EQ(FormatNumeric(N("1.50E+1")), "15.0");
  EXPECT_EQ(FormatNumeric(N("1.5e-3")), "0.0015");
  EXPECT_EQ(FormatNumeric(N("0e99")), "0");
  EXPECT_EQ(FormatNumeric(N("000000000000000000000000000000000000000000001")), "1");
}

TEST(NumericTest, RefusesOthers) {
  for (std::string_view text :
       {"", " ", ".", "-", "+-1", "1.2.3", "1e", "1e+", "1e+-3", "1 2", "abc", "NaN", "0x1", "1e38", "1e-39",
        "1e999999999999", "100000000000000000000000000000000000000", "0.100000000000000000000000000000000000001"}) {
    EXPECT_EQ(ParseNumeric(text), std::nullopt) << text;
  }
}

TEST(NumericTest, ComparesByValueWithoutOverflow) {
  std::vector<std::string> ascending = {std::string("-") + kMax,
                                        "-1e37",
                                        "-2",
                                        "-1.00000000000000000000000000000000000001e0",
                                        "-1",
                                        "-0.5",
                                        "-0.00000000000000000000000000000000000001",
                                        "0",
                                        "0.00000000000000000000000000000000000001",
                                        "0.49",
                                        "0.5",
                                        "1",
                                        "1.0000000000000000000000000000000000001",
                                        "9.9999999999999999999999999999999999999",
                                        "10",
                                        "1e37",
                                        kMax};
  ascending[3] = "-1.0000000000000000000000000000000000001";
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(N(ascending[i]) <=> N(ascending[j]), i <=> j) << ascending[i] << " and " << ascending[j];
    }
  }
}

TEST(NumericTest, EqualValuesHashAlike) {
  EXPECT_EQ(N("1.0"), N("1.00"));
  EXPECT_EQ(N("1.0").Hash(5), N("1.00").Hash(5));
  EXPECT_EQ(N("0").Hash(5), N("0.0000").Hash(5));
  EXPECT_EQ(N("100").Hash(5), N("100.0").Hash(5));
  EXPECT_NE(N("100").Hash(5), N("10").Hash(5));
  EXPECT_NE(N("1").Hash(5), N("0.1").Hash(5));
  EXPECT_EQ(N("12345678901234567890123.5").Hash(5), N("12345678901234567890123.500000").Hash(5));
  EXPECT_EQ(N("10000000000000000000000000000").Hash(5), N("10000000000000000000000000000.000").Hash(5));
}

TEST(NumericTest, RandomValuesKeepOrderAndHashOverScales) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    int32_t digits = static_cast<int32_t>(random() % 30);
    int128 whole = (static_cast<int128>(static_cast<int64_t>(random())) << 32 | static_cast<uint32_t>(random())) %
                   PowerOfTen(digits);
    int32_t scale = static_cast<int32_t>(random() % 20);
    Numeric value = Numeric::Make(whole, scale);
    int32_t more = static_cast<int32_t>(random() % (39 - std::max(digits, scale)));
    Numeric wider = Numeric::Make(whole * PowerOfTen(more), scale + more);
    ASSERT_EQ(value, wider);
    ASSERT_EQ(value.Hash(9), wider.Hash(9)) << FormatNumeric(value) << " " << FormatNumeric(wider);
    if (more == 0) continue;
    Numeric above = Numeric::Make(wider.unscaled() + 1, scale + more);
    ASSERT_LT(value, above);
    ASSERT_GT(above, value);
    ASSERT_EQ(FormatNumeric(*ParseNumeric(FormatNumeric(wider))), FormatNumeric(wider));
  }
}

TEST(NumericTest, RoundsHalfAwayFromZero) {
  EXPECT_EQ(FormatNumeric(*RescaleNumeric(N("2.5"), 0)), "3");
  EXPECT_EQ(FormatNumeric(*RescaleNumeric(N("-2.5"), 0)), "-3");
  EXPECT_EQ(FormatNumeric(*RescaleNumeric(N("2.4999"), 0)), "2");
  EXPECT_EQ(FormatNumeric(*RescaleNumeric(N("-2.4999"), 0)), "-2");
  EXPECT_EQ(FormatNumeric(*RescaleNumeric(N("0.04"), 1)), "0.0");
  EXPECT_EQ(FormatNumeric(*RescaleNumeric(N("1.5"), 3)), "1.500");
  EXPECT_EQ(RescaleNumeric(N(kMax), 1), std::nullopt);
  EXPECT_EQ(RescaleNumeric(N("-1e36"), 1), N("-1e36"));
  EXPECT_EQ(RescaleNumeric(N("-1e37"), 1), std::nullopt);
  EXPECT_EQ(FormatNumeric(*RescaleNumeric(N("0.99999999999999999999999999999999999999"), 0)), "1");
}

}  // namespace
}  // namespace freshet
