// bool_and, bool_or, every, bit_and, bit_or, bit_xor: each value and its retraction; a state that is saved and loaded.
#include <gtest/gtest.h>

#include <random>

#include "tests/engine/functions/one_group.h"

namespace freshet {
namespace {

constexpr DataType kBoolean{TypeKind::kBoolean}, kSmallint{TypeKind::kSmallint}, kBigint{TypeKind::kBigint};

TEST(BooleanAggregates, FollowRetractions) {
  OneGroup all("bool_and", kBoolean), any("bool_or", kBoolean), every("every", kBoolean);
  auto add = [&](const std::vector<std::string>& texts, int64_t weight) {
    for (OneGroup* group : {&all, &any, &every}) {
      group->AddTexts(texts, weight);
      group->Reload();
    }
    EXPECT_EQ(all.Text(), every.Text());
    return all.Text() + " " + any.Text();
  };
  EXPECT_EQ(all.Text(), "NULL");
  EXPECT_EQ(add({"true", "true", "NULL"}, 1), "true true");
  EXPECT_EQ(add({"false"}, 1), "false true");
  EXPECT_EQ(add({"true", "true"}, -1), "false false");
  EXPECT_EQ(add({"false"}, -1), "NULL NULL");
}

TEST(BitAggregates, KeepTheSign) {
  OneGroup both("bit_and", kSmallint), one("bit_or", kSmallint), odd("bit_xor", kSmallint);
  for (OneGroup* group : {&both, &one, &odd}) group->AddTexts({"-2", "-32768", "6"});
  EXPECT_EQ(both.Text(), "0");
  EXPECT_EQ(one.Text(), "-2");
  EXPECT_EQ(odd.Text(), "32760");
  for (OneGroup* group : {&both, &one, &odd}) group->AddTexts({"6"}, -1);
  EXPECT_EQ(both.Text(), "-32768");
  EXPECT_EQ(one.Text(), "-2");
  EXPECT_EQ(odd.Text(), "32766");
}

TEST(BitAggregates, EqualARecomputationAfterRetractions) {
  std::mt19937_64 random(7);
  OneGroup both("bit_and", kBigint), one("bit_or", kBigint), odd("bit_xor", kBigint);
  std::vector<int64_t> values;
  for (int step = 0; step < 500; ++step) {
    if (values.empty() || random() % 3 != 0) {
      values.push_back(static_cast<int64_t>(random() | random() | (random() & random())));
      for (OneGroup* group : {&both, &one, &odd}) group->Add({{Datum::Int(values.back()), 1}});
    } else {
      std::swap(values[random() % values.size()], values.back());
      for (OneGroup* group : {&both, &one, &odd}) group->Add({{Datum::Int(values.back()), -1}});
      values.pop_back();
    }
    if (step % 50 == 0) both.Reload();
    if (values.empty()) continue;
    int64_t all = -1, some = 0, parity = 0;
    for (int64_t value : values) {
      all &= value;
      some |= value;
      parity ^= value;
    }
    EXPECT_EQ(both.Result(), Datum::Int(all));
    EXPECT_EQ(one.Result(), Datum::Int(some));
    EXPECT_EQ(odd.Result(), Datum::Int(parity));
  }
}

}  // namespace
}  // namespace freshet
