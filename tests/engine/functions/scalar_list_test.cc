#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/functions/function_list.h"

namespace freshet {
namespace {

using enum TypeKind;

constexpr TypeKind kKinds[] = {kBoolean,   kSmallint,    kInteger, kBigint, kNumeric, kDouble, kText,     kDate,
                               kTimestamp, kTimestamptz, kReal,    kTime,   kBytea,   kUuid,   kInterval, kJsonb};

TEST(ScalarListTest, SignaturesAreUniqueAndDocumented) {
  std::set<std::pair<std::string, std::vector<TypeKind>>> seen;
  for (const ScalarFunction& function : ScalarFunctions()) {
    EXPECT_TRUE(seen.emplace(function.name, function.arguments).second) << function.name;
    EXPECT_FALSE(function.doc.empty()) << function.name;
    EXPECT_EQ(function.doc.find('\n'), std::string_view::npos) << function.name;
    EXPECT_NE(function.kernel, nullptr) << function.name;
    EXPECT_EQ(FindScalarFunction(function.name, function.arguments), &function);
  }
}

TEST(ScalarListTest, FindsTheSignaturesOfAName) {
  EXPECT_EQ(FindScalarFunctions("=").size(), 19u);
  EXPECT_EQ(FindScalarFunctions("substring").size(), 4u);
  EXPECT_THAT(FindScalarFunctions("no_such_function"), testing::IsEmpty());
  TypeKind kinds[] = {kText, kBigint};
  EXPECT_EQ(FindScalarFunction("+", kinds), nullptr);
}

TEST(ScalarListTest, EverythingCastsToTextAndBack) {
  for (TypeKind kind : kKinds) {
    if (kind == kText) continue;
    ASSERT_NE(FindCast(kind, kText), nullptr) << DataType{kind};
    ASSERT_NE(FindCast(kText, kind), nullptr) << DataType{kind};
    EXPECT_EQ(FindCast(kText, kind)->name, "cast");
    EXPECT_EQ(FindCast(kText, kind)->result, kind);
    EXPECT_FALSE(IsImplicitCast(kind, kText)) << DataType{kind};
    EXPECT_FALSE(IsImplicitCast(kText, kind)) << DataType{kind};
  }
  EXPECT_EQ(FindCast(kBoolean, kDate), nullptr);
}

TEST(ScalarListTest, ImplicitCastsExistAndLeadOneWay) {
  for (TypeKind from : kKinds) {
    for (TypeKind to : kKinds) {
      if (from == to || !IsImplicitCast(from, to)) continue;
      EXPECT_NE(FindCast(from, to), nullptr) << DataType{from} << " to " << DataType{to};
      EXPECT_FALSE(IsImplicitCast(to, from)) << DataType{from} << " to " << DataType{to};
    }
  }
  EXPECT_TRUE(IsImplicitCast(kInteger, kNumeric));
  EXPECT_TRUE(IsImplicitCast(kNumeric, kDouble));
  EXPECT_TRUE(IsImplicitCast(kDate, kTimestamptz));
  EXPECT_FALSE(IsImplicitCast(kInteger, kBoolean));
}

}  // namespace
}  // namespace freshet
