#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/engine/functions/one_group.h"

namespace freshet {
namespace {

class MinMaxTest : public testing::TestWithParam<DataType> {};

Datum RandomValue(DataType type, std::mt19937_64& random, int64_t variety) {
  int64_t value = static_cast<int64_t>(random() % static_cast<uint64_t>(variety)) - variety / 2;
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
      return Datum::Bool(value % 2 == 0);
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
      return Datum::Int(value);
    case PhysicalType::kDouble:
      return Datum::Double(value == 3    ? __builtin_nan("")
                           : value == -3 ? -__builtin_inf()
                                         : static_cast<double>(value) / 3);
    case PhysicalType::kNumeric:
      return Datum::Decimal(Numeric::Make(value, 1));
    case PhysicalType::kString:
      return Datum::Text(value % 2 == 0 ? std::to_string(value) : "a text that is not inline " + std::to_string(value));
  }
  __builtin_unreachable();
}

TEST_P(MinMaxTest, AgreeWithAMapUnderRetraction) {
  DataType type = GetParam();
  std::mt19937_64 random(11);
  for (int64_t variety : {3, 60, 2000}) {
    OneGroup least("min", type), greatest("max", type);
    size_t empty_bytes = least.bytes();
    std::map<Datum, int64_t> model;
    for (int step = 0; step < 300; ++step) {
      std::vector<std::pair<Datum, int64_t>> changes;
      for (uint64_t i = random() % 20; i > 0; --i) {
        Datum value = RandomValue(type, random, variety);
        changes.push_back({value, 1 + static_cast<int64_t>(random() % 2)});
        model[value] += changes.back().second;
      }
      for (auto it = model.begin(); it != model.end();) {
        if (random() % (step % 40 > 30 ? 2 : 40) == 0) {
          changes.push_back({it->first, -it->second});
          it = model.erase(it);
        } else {
          ++it;
        }
      }
      std::shuffle(changes.begin(), changes.end(), random);
      least.Add(changes);
      greatest.Add(changes);
      if (step % 50 == 49) {
        least.Reload();
        greatest.Reload();
      }
      ASSERT_EQ(least.Result(), model.empty() ? Datum::Null() : model.begin()->first);
      ASSERT_EQ(greatest.Result(), model.empty() ? Datum::Null() : model.rbegin()->first);
    }
    least.Release();
    EXPECT_EQ(least.bytes(), empty_bytes);
    EXPECT_TRUE(least.Result().is_null());
  }
}

TEST_P(MinMaxTest, AppendOnlyKeepsOneValue) {
  DataType type = GetParam();
  std::mt19937_64 random(12);
  OneGroup least("min", type, true), greatest("max", type, true);
  EXPECT_TRUE(least.Result().is_null());
  std::vector<Datum> all;
  for (int step = 0; step < 100; ++step) {
    all.push_back(RandomValue(type, random, 1000));
    least.Add({{all.back(), 1}, {Datum::Null(), 1}});
    greatest.Add({{all.back(), 2}});
    if (step == 50) greatest.Reload();
    ASSERT_EQ(least.Result(), *std::min_element(all.begin(), all.end()));
    ASSERT_EQ(greatest.Result(), *std::max_element(all.begin(), all.end()));
  }
}

INSTANTIATE_TEST_SUITE_P(Types, MinMaxTest,
                         testing::Values(DataType{TypeKind::kBoolean}, DataType{TypeKind::kInteger},
                                         DataType{TypeKind::kTimestamp}, DataType{TypeKind::kDouble},
                                         DataType{TypeKind::kNumeric}, DataType{TypeKind::kText}),
                         [](const auto& info) { return "Kind" + std::to_string(static_cast<int>(info.param.kind)); });

// 1.0 and 1.00 are equal; which of them is shown must not depend on what came first.
TEST(MinMaxFormTest, EqualNumericsAreOrderedByScale) {
  for (const auto& texts : {std::vector<std::string>{"1.0", "1.00"}, std::vector<std::string>{"1.00", "1.0"}}) {
    OneGroup least("min", {TypeKind::kNumeric}), greatest("max", {TypeKind::kNumeric});
    least.AddTexts(texts);
    greatest.AddTexts(texts);
    EXPECT_EQ(least.Text(), "1.0");
    EXPECT_EQ(greatest.Text(), "1.00");
  }
}

}  // namespace
}  // namespace freshet
