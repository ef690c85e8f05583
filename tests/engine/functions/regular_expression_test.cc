// What of PostgreSQL's regular expressions is refused, and how it is said; answers are held against PostgreSQL's in
// tests/server/sql/expression_cases.txt.
#include "engine/functions/scalar/regular_expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

using testing::HasSubstr;
using Use = RegularExpression::Use;

std::string ProblemOf(std::string_view pattern, Use use = Use::kFind) {
  absl::Status status = RegularExpression::Make(pattern, {}, use).status();
  return status.ok() ? "" : std::string(status.message());
}

TEST(RegularExpressionTest, WhatCannotBeDoneIsNamed) {
  EXPECT_THAT(ProblemOf("(a)\\1"), HasSubstr("the back reference \\1"));
  for (const char* look : {"?=", "?!", "?<=", "?<!"}) {
    EXPECT_THAT(ProblemOf("a(" + std::string(look) + "b)"), HasSubstr(std::string("look-around (") + look));
  }
  EXPECT_THAT(ProblemOf("\\mword"), HasSubstr("use \\y"));
  EXPECT_THAT(ProblemOf("[[.a.]]"), HasSubstr("[. and [="));
  EXPECT_THAT(ProblemOf("(?x)a b"), HasSubstr("the option x"));
  EXPECT_THAT(ProblemOf("\\q"), HasSubstr("\\q means nothing"));
  EXPECT_THAT(ProblemOf("[\\W]"), HasSubstr("\\W within brackets"));
  EXPECT_THAT(ProblemOf("a{1,256}"), HasSubstr("{1,256}"));
  EXPECT_THAT(ProblemOf("(((((a{200}){200}){200})"), HasSubstr("wrong"));
  EXPECT_THAT(ProblemOf("a("), HasSubstr("missing )"));
}

TEST(RegularExpressionTest, AMixOfGreedAndNoGreedIsRefusedWhereItSaysHowLongAMatchIs) {
  EXPECT_EQ(ProblemOf("a+b+?"), "");
  EXPECT_THAT(ProblemOf("a+b+?", Use::kReplace), HasSubstr("non-greedy quantifiers together with greedy ones"));
  EXPECT_THAT(ProblemOf("a+?|b", Use::kReplace), HasSubstr("non-greedy quantifiers together with greedy ones"));
  EXPECT_EQ(ProblemOf("a+?b*?", Use::kReplace), "");
}

TEST(RegularExpressionTest, TakesTimeLinearInTheText) {
  auto expression = RegularExpression::Make("(a*)*(a*)*(a*)*b", {}, Use::kFind);
  ASSERT_TRUE(expression.ok()) << expression.status();
  EXPECT_FALSE(expression->Finds(std::string(1 << 20, 'a')));  // would not end in a matcher that goes back
}

TEST(RegularExpressionTest, TextThatIsNotUtf8IsNoTrouble) {
  auto expression = RegularExpression::Make("", {.global = true}, Use::kReplace);
  ASSERT_TRUE(expression.ok());
  std::string out;
  expression->Replace("\xE6\x97", "-", &out);
  EXPECT_THAT(out, HasSubstr("\xE6"));
}

}  // namespace
}  // namespace freshet
