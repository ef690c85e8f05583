// Numeric arithmetic past what 64 and 128 bits hold, which PostgreSQL's answers do not cover: it has more digits.
#include <gtest/gtest.h>

#include <random>

#include "engine/functions/scalar/numeric_arithmetic.h"

namespace freshet {
namespace {

Numeric Parse(const std::string& text) { return ParseNumeric(text).value(); }
std::string Format(const std::optional<Numeric>& value) { return value ? FormatNumeric(*value) : "none"; }

const std::string kNines(38, '9');

TEST(NumericArithmeticTest, SumsRoundPast38Digits) {
  EXPECT_EQ(Format(AddNumeric(Parse("1e37"), Parse("0.25"))), "10000000000000000000000000000000000000");
  EXPECT_EQ(Format(AddNumeric(Parse("1e36"), Parse("0.25"))), "1000000000000000000000000000000000000.3");
  EXPECT_EQ(Format(SubtractNumeric(Parse("1e36"), Parse("0.25"))), "999999999999999999999999999999999999.75");
  EXPECT_EQ(Format(AddNumeric(Parse("-1e36"), Parse("-0.25"))), "-1000000000000000000000000000000000000.3");
  EXPECT_EQ(Format(AddNumeric(Parse(kNines), Parse("0.5"))), "none");
  EXPECT_EQ(Format(AddNumeric(Parse(kNines), Parse("0.4"))), kNines);
  EXPECT_EQ(Format(AddNumeric(Parse(kNines), Parse("1"))), "none");
  EXPECT_EQ(Format(SubtractNumeric(Parse(kNines), Parse(kNines))), "0");
}

TEST(NumericArithmeticTest, ProductsRoundPast38Digits) {
  EXPECT_EQ(Format(MultiplyNumeric(Parse("1234567890123456789012345678901234567.8"), Parse("2.5"))),
            "3086419725308641972530864197253086419.5");
  EXPECT_EQ(Format(MultiplyNumeric(Parse("0.00000000000000000001"), Parse("0.0000000000000000005"))),
            "0.00000000000000000000000000000000000001");
  EXPECT_EQ(Format(MultiplyNumeric(Parse("1e19"), Parse("-1e19"))), "none");
  EXPECT_EQ(Format(MultiplyNumeric(Parse("1e19"), Parse("-1e18"))), "-10000000000000000000000000000000000000");
}

TEST(NumericArithmeticTest, QuotientsRoundPast38Digits) {
  EXPECT_EQ(Format(DivideNumeric(Parse("1e37"), Parse("3.000000"))), "3333333333333333333333333333333333333.3");
  EXPECT_EQ(Format(DivideNumeric(Parse("2"), Parse("3e-30"))), "666666666666666666666666666666.66666667");
  EXPECT_EQ(Format(DivideNumeric(Parse("1e37"), Parse("0.01"))), "none");
  EXPECT_EQ(Format(DivideNumeric(Parse("1"), Parse(kNines))), "0.00000000000000000000000000000000000001");
}

TEST(NumericArithmeticTest, RestsOfWideDivisions) {
  EXPECT_EQ(Format(ModuloNumeric(Parse(kNines), Parse("0.7"))), "0.3");
  EXPECT_EQ(Format(ModuloNumeric(Parse("-" + kNines), Parse("0.7"))), "-0.3");
}

// a = (a / b) * b + a % b, whatever path the operands take.
TEST(NumericArithmeticTest, DivisionAndRestFitTogether) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20000; ++round) {
    auto value = [&] {
      int128 unscaled = static_cast<int128>(random()) * static_cast<int64_t>(random() >> 2) >> (random() % 110);
      return Numeric::Make(unscaled % PowerOfTen(30), static_cast<int32_t>(random() % 9));
    };
    Numeric a = value();
    Numeric b = value();
    if (b.unscaled() == 0) continue;
    std::optional<Numeric> rest = ModuloNumeric(a, b);
    ASSERT_TRUE(rest.has_value());
    std::optional<Numeric> multiple = SubtractNumeric(a, *rest);
    ASSERT_TRUE(multiple.has_value());
    EXPECT_EQ(Format(ModuloNumeric(*multiple, b)->unscaled() == 0 ? Parse("0") : Parse("1")), "0")
        << Format(a) << " % " << Format(b) << " = " << Format(rest);
    std::optional<Numeric> quotient = DivideNumeric(a, b);
    if (!quotient) continue;
    double expected = DoubleFromNumeric(a) / DoubleFromNumeric(b);
    EXPECT_NEAR(DoubleFromNumeric(*quotient), expected, 1e-13 * std::abs(expected) + 1e-16)
        << Format(a) << " / " << Format(b);
  }
}

TEST(NumericArithmeticTest, ConversionsToDoubleAreTheNearest) {
  EXPECT_EQ(DoubleFromNumeric(Parse("0.1")), 0.1);
  EXPECT_EQ(DoubleFromNumeric(Parse("12345678901234567890.123456789")), 12345678901234567890.123456789);
  EXPECT_EQ(DoubleFromNumeric(Parse("-" + kNines)), -1e38);
  EXPECT_EQ(Format(NumericFromDouble(0.1)), "0.1");
  EXPECT_EQ(Format(NumericFromDouble(1e-45)), "0.00000000000000000000000000000000000000");
  EXPECT_EQ(Format(NumericFromDouble(1e39)), "none");
}

}  // namespace
}  // namespace freshet
