#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tests/engine/functions/one_group.h"

namespace freshet {
namespace {

constexpr DataType kInteger{TypeKind::kInteger}, kBigint{TypeKind::kBigint}, kNumeric{TypeKind::kNumeric},
    kDouble{TypeKind::kDouble};

std::string Aggregate(std::string_view name, DataType type, const std::vector<std::string>& texts) {
  OneGroup group(name, type);
  group.AddTexts(texts);
  std::string before = group.Text();
  group.Reload();
  EXPECT_EQ(group.Text(), before);
  return before;
}

TEST(SumTest, Integers) {
  EXPECT_EQ(Aggregate("sum", kInteger, {"2147483647", "2147483647", "NULL"}), "4294967294");
  EXPECT_EQ(Aggregate("sum", kBigint, {"9223372036854775807", "9223372036854775807"}), "18446744073709551614");
  EXPECT_EQ(Aggregate("sum", kInteger, {"NULL"}), "NULL");
  EXPECT_EQ(Aggregate("sum", kInteger, {}), "NULL");
}

TEST(SumTest, OverflowIsAnErrorThatHeals) {
  OneGroup group("sum", kInteger);
  group.Add({{Datum::Int(2147483647), int64_t{1} << 40}});
  EXPECT_EQ(group.Text(), "ERROR(NUMERIC_OUT_OF_RANGE)");
  group.Add({{Datum::Int(-2147483647), int64_t{1} << 40}});
  EXPECT_EQ(group.Text(), "0");
}

TEST(SumTest, NumericsShowTheLargestScaleThatIsThere) {
  EXPECT_EQ(Aggregate("sum", kNumeric, {"1.5", "2.25", "3"}), "6.75");
  EXPECT_EQ(Aggregate("sum", kNumeric, {"1.50", "-1.5"}), "0.00");
  OneGroup group("sum", kNumeric);
  group.AddTexts({"1.5", "2.25", "3", "0.00001"});
  group.AddTexts({"0.00001", "2.25"}, -1);
  EXPECT_EQ(group.Text(), "4.5");
  group.AddTexts({"1.5"}, -1);
  EXPECT_EQ(group.Text(), "3");
  group.AddTexts({"3"}, -1);
  EXPECT_EQ(group.Text(), "NULL");
}

TEST(SumTest, NumericsMayPassTheirRangeOnTheWay) {
  std::string huge(38, '9');
  OneGroup group("sum", kNumeric);
  group.AddTexts({huge, huge, huge});
  EXPECT_EQ(group.Text(), "ERROR(NUMERIC_OUT_OF_RANGE)");
  group.AddTexts({"-" + huge, "-" + huge, "-5"});
  EXPECT_EQ(group.Text(), huge.substr(0, 37) + "4");
  constexpr int64_t kMany = std::numeric_limits<int64_t>::max() - 100;
  group.Add({{*ParseDatum(huge, kNumeric), kMany}});
  group.Add({{*ParseDatum(huge, kNumeric), -kMany}});
  EXPECT_EQ(group.Text(), huge.substr(0, 37) + "4");
}

TEST(SumTest, DoublesAreExact) {
  EXPECT_EQ(Aggregate("sum", kDouble, {"0.1", "0.2", "0.3"}), "0.6");  // 0.1 + 0.2 + 0.3 in order is 0.6000000000000001
  EXPECT_EQ(Aggregate("sum", kDouble, {"1e300", "1", "-1e300"}), "1");
  EXPECT_EQ(Aggregate("sum", kDouble, {"1e308", "1e308", "-1e308"}), "1e+308");
  EXPECT_EQ(Aggregate("sum", kDouble, {"1e308", "1e308"}), "ERROR(NUMERIC_OUT_OF_RANGE)");
  EXPECT_EQ(Aggregate("sum", kDouble, {"5e-324", "5e-324"}), "1e-323");
  EXPECT_EQ(Aggregate("sum", kDouble, {"NaN", "1"}), "NaN");
  EXPECT_EQ(Aggregate("sum", kDouble, {"Infinity", "1e308"}), "Infinity");
  EXPECT_EQ(Aggregate("sum", kDouble, {"Infinity", "-Infinity"}), "NaN");
}

TEST(SumTest, NanAndInfinityGoWithTheirRows) {
  OneGroup group("sum", kDouble);
  group.AddTexts({"NaN", "Infinity", "-Infinity", "0.5"});
  group.AddTexts({"NaN"}, -1);
  EXPECT_EQ(group.Text(), "NaN");
  group.AddTexts({"Infinity"}, -1);
  EXPECT_EQ(group.Text(), "-Infinity");
  group.AddTexts({"-Infinity"}, -1);
  EXPECT_EQ(group.Text(), "0.5");
}

double RandomDouble(std::mt19937_64& random, int spread) {
  double mantissa = std::uniform_real_distribution<double>(-1, 1)(random);
  return std::ldexp(mantissa, static_cast<int>(random() % static_cast<uint64_t>(2 * spread + 1)) - spread);
}

// Any order, any detour over values that are taken back, any split by weights: the same bits.
TEST(SumTest, DoublesDependOnTheMultisetAlone) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    int spread = round % 4 == 0 ? 1000 : round % 4 == 1 ? 3 : 60;
    std::vector<std::pair<Datum, int64_t>> values;
    for (int i = 0; i < 40; ++i)
      values.push_back({Datum::Double(RandomDouble(random, spread)), 1 + int64_t(random() % 1000)});
    for (std::string_view name : {"sum", "avg"}) {
      OneGroup plain(name, kDouble);
      plain.Add(values);
      std::vector<std::pair<Datum, int64_t>> detour = values;
      for (auto& [value, weight] : detour) weight -= 7;
      for (const auto& [value, weight] : values) detour.push_back({value, 7});
      for (int i = 0; i < 30; ++i) {
        Datum other = Datum::Double(RandomDouble(random, 1000));
        detour.push_back({other, 3});
        detour.push_back({other, -3});
      }
      std::shuffle(detour.begin(), detour.end(), random);
      OneGroup other(name, kDouble);
      other.Add(detour);
      ASSERT_EQ(plain.Result(), other.Result()) << name << " round " << round;
    }
  }
}

// Rounded once: against sums that are exact in 128 bits.
TEST(SumTest, DoublesAreRoundedToNearest) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 2000; ++round) {
    OneGroup sum("sum", kDouble), average("avg", kDouble);
    std::vector<std::pair<Datum, int64_t>> values;
    int128 exact = 0;
    int64_t count = 0;
    for (int i = 0; i < 5; ++i) {
      int64_t value = static_cast<int64_t>(random() >> (11 + random() % 40)) * (random() % 2 == 0 ? 1 : -1);
      int64_t weight = 1 + static_cast<int64_t>(random() % 1000);
      values.push_back({Datum::Double(static_cast<double>(value)), weight});
      exact += static_cast<int128>(value) * weight;
      count += weight;
    }
    sum.Add(values);
    average.Add(values);
    ASSERT_EQ(sum.Result().double_value(), static_cast<double>(exact));
    // The nearest double to exact / count has no neighbour that is nearer.
    double result = average.Result().double_value();
    auto distance = [&](double candidate) {
      // candidate = mantissa * 2^exponent; compares |exact - candidate * count| scaled to integers.
      int exponent;
      double mantissa = std::frexp(candidate, &exponent);
      int128 scaled = static_cast<int128>(std::ldexp(mantissa, 53));
      long double difference =
          static_cast<long double>(exact) -
          std::ldexp(static_cast<long double>(scaled) * static_cast<long double>(count), exponent - 53);
      return std::fabs(difference);
    };
    ASSERT_LE(distance(result), distance(std::nextafter(result, 1e300)) * (1 + 1e-3L));
    ASSERT_LE(distance(result), distance(std::nextafter(result, -1e300)) * (1 + 1e-3L));
  }
}

TEST(AverageTest, HasPostgresScales) {
  // Printed by PostgreSQL 15: SELECT avg(x) FROM (VALUES ...) AS t (x).
  EXPECT_EQ(Aggregate("avg", kInteger, {"1", "2"}), "1.5000000000000000");
  EXPECT_EQ(Aggregate("avg", kInteger, {"1"}), "1.00000000000000000000");
  EXPECT_EQ(Aggregate("avg", kInteger, {"0"}), "0.00000000000000000000");
  EXPECT_EQ(Aggregate("avg", kInteger, {"10"}), "10.0000000000000000");
  EXPECT_EQ(Aggregate("avg", kInteger, {"1", "1", "2"}), "1.3333333333333333");
  EXPECT_EQ(Aggregate("avg", kBigint, {"-1", "-1", "-3"}), "-1.6666666666666667");
  EXPECT_EQ(Aggregate("avg", kInteger, {"100000", "1"}), "50000.500000000000");
  EXPECT_EQ(Aggregate("avg", kInteger, {"NULL"}), "NULL");
  EXPECT_EQ(Aggregate("avg", kNumeric, {"1.5", "2.25", "3"}), "2.2500000000000000");
  EXPECT_EQ(Aggregate("avg", kNumeric, {"0.0001", "0.0002"}), "0.00015000000000000000");
  EXPECT_EQ(Aggregate("avg", kNumeric, {"12345678.123", "0.5"}), "6172839.311500000000");
  EXPECT_EQ(Aggregate("avg", kNumeric, {"-0.00000001", "0"}), "-0.0000000050000000000000000000");
  EXPECT_EQ(Aggregate("avg", kInteger, {"9999", "10001", "7"}), "6669.0000000000000000");
}

TEST(AverageTest, WideSumsAndFewDigits) {
  std::string huge(38, '9');
  EXPECT_EQ(Aggregate("avg", kNumeric, {huge, huge, huge}), huge);
  EXPECT_EQ(Aggregate("avg", kBigint, {"9223372036854775807", "9223372036854775807", "9223372036854775804"}),
            "9223372036854775806");
  EXPECT_EQ(Aggregate("avg", kDouble, {"1.7e308", "1.7e308"}), "1.7e+308");
  EXPECT_EQ(Aggregate("avg", kDouble, {"1", "2"}), "1.5");
}

TEST(ErrorTest, AggregatesAreErrorWhileAnErrorIsInTheGroup) {
  for (std::string_view name : {"count", "sum", "avg", "min", "max"}) {
    OneGroup group(name, kInteger);
    group.AddTexts({"3"});
    std::string before = group.Text();
    group.Add({{Datum::Error(CellError::kDivisionByZero), 2}});
    EXPECT_EQ(group.Text(), "ERROR(ERROR_IN_AGGREGATE)") << name;
    group.Add({{Datum::Error(CellError::kDivisionByZero), -1}});
    group.Reload();
    EXPECT_EQ(group.Text(), "ERROR(ERROR_IN_AGGREGATE)") << name;
    group.Add({{Datum::Error(CellError::kBadValue), -1}});
    EXPECT_EQ(group.Text(), before) << name;
  }
}

}  // namespace
}  // namespace freshet
