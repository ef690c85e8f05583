#include "engine/functions/aggregate/aggregate_list.h"

#include <gtest/gtest.h>

#include <set>

namespace freshet {
namespace {

TEST(AggregateListTest, SignaturesAreUniqueAndDocumented) {
  std::set<std::pair<std::string_view, std::vector<AggregateArgument>>> seen;
  for (const AggregateFunction& function : AggregateFunctions()) {
    EXPECT_TRUE(seen.insert({function.name, function.arguments}).second) << function.name;
    EXPECT_FALSE(function.doc.empty()) << function.name;
    EXPECT_LE(function.arguments.size(), 2u);
  }
}

TEST(AggregateListTest, HasThePostgresResultTypes) {
  auto result = [](std::string_view name, TypeKind argument) {
    return ResultTypeOf(*FindAggregate(name, std::vector<TypeKind>{argument}), {argument}).kind;
  };
  EXPECT_EQ(result("sum", TypeKind::kSmallint), TypeKind::kBigint);
  EXPECT_EQ(result("sum", TypeKind::kInteger), TypeKind::kBigint);
  EXPECT_EQ(result("sum", TypeKind::kBigint), TypeKind::kNumeric);
  EXPECT_EQ(result("sum", TypeKind::kNumeric), TypeKind::kNumeric);
  EXPECT_EQ(result("sum", TypeKind::kDouble), TypeKind::kDouble);
  EXPECT_EQ(result("avg", TypeKind::kSmallint), TypeKind::kNumeric);
  EXPECT_EQ(result("avg", TypeKind::kDouble), TypeKind::kDouble);
  EXPECT_EQ(result("count", TypeKind::kText), TypeKind::kBigint);
  EXPECT_EQ(result("max", TypeKind::kDate), TypeKind::kDate);
  EXPECT_EQ(FindAggregate("count", {})->result, TypeKind::kBigint);
  DataType money{TypeKind::kNumeric, 12, 2};
  EXPECT_EQ(ResultTypeOf(*FindAggregate("min", std::vector{TypeKind::kNumeric}), money), money);
  EXPECT_EQ(ResultTypeOf(*FindAggregate("sum", std::vector{TypeKind::kNumeric}), money), DataType{TypeKind::kNumeric});
}

TEST(AggregateListTest, FindsByName) {
  EXPECT_EQ(FindAggregates("count").size(), 2u);
  EXPECT_EQ(FindAggregates("sum").size(), 6u);
  EXPECT_TRUE(FindAggregates("median").empty());
  EXPECT_EQ(FindAggregate("sum", std::vector{TypeKind::kText}), nullptr);
}

}  // namespace
}  // namespace freshet
