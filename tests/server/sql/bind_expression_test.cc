#include "server/sql/bind/bind_expression.h"

#include <gtest/gtest.h>

#include "engine/base/str_cat.h"

namespace freshet {
namespace {

Scope TestScope() {
  Scope scope = ScopeOf({{"i", DataType{TypeKind::kInteger}},
                         {"b", DataType{TypeKind::kBigint}},
                         {"n", DataType{TypeKind::kNumeric, 12, 2}},
                         {"d", DataType{TypeKind::kDouble}},
                         {"s", DataType{TypeKind::kText}},
                         {"at", DataType{TypeKind::kDate}},
                         {"ts", DataType{TypeKind::kTimestamp}},
                         {"f", DataType{TypeKind::kBoolean}},
                         {"twice", DataType{TypeKind::kText}},
                         {"twice", DataType{TypeKind::kText}}});
  SetRelation(scope, "t");
  scope.back().relations = RelationNames("u");
  return scope;
}

// `type expression`, or the problems with their offsets.
std::string Bind(const std::string& text) {
  v1::Expression expression;
  expression.set_sql(text);
  ProblemList problems;
  auto bound = BindExpression(expression, TestScope(), "x", problems);
  if (bound) return StrCat(TypeName(bound->type), " ", FormatExpression(*bound));
  std::string result;
  for (const auto& entry : problems.entries()) {
    StrAppend(&result, result.empty() ? "" : "; ", entry.problem.code(), "@", entry.offset.value_or(0));
  }
  return result;
}

TEST(BindExpressionTest, ChoosesFunctionsAndCastsAsPostgresDoes) {
  EXPECT_EQ(Bind("i + 1"), "integer (#0 + 1)");
  EXPECT_EQ(Bind("b > 15"), "boolean (#1 > 15)");
  EXPECT_EQ(Bind("d > 15"), "boolean (#3 > 15)");
  EXPECT_EQ(Bind("i + b"), "bigint (cast(#0 as bigint) + #1)");
  EXPECT_EQ(Bind("i * 1.5"), "numeric (cast(#0 as numeric) * 1.5)");
  EXPECT_EQ(Bind("5000000000"), "bigint 5000000000");
  EXPECT_EQ(Bind("at > '2013-01-31'"), "boolean (#5 > date '2013-01-31')");
  EXPECT_EQ(Bind("s = 'x'"), "boolean (#4 = 'x')");
  EXPECT_EQ(Bind("t.i"), "integer #0");
  EXPECT_EQ(Bind("u.twice"), "text #9");
  EXPECT_EQ(Bind("coalesce(i, b, 3)"), "bigint coalesce(cast(#0 as bigint), #1, 3)");
  EXPECT_EQ(Bind("case when f then i else n end"),
            "numeric case when #7 then cast(#0 as numeric) else cast(#2 as numeric) end");
  EXPECT_EQ(Bind("i::text"), "text cast(#0 as text)");
  EXPECT_EQ(Bind("cast('12' as integer)"), "integer 12");
}

TEST(BindExpressionTest, ATextTakesAnyNeighbour) {
  EXPECT_EQ(Bind("s || i"), "text (#4 || cast(#0 as text))");
  EXPECT_EQ(Bind("i || s"), "text (cast(#0 as text) || #4)");
  EXPECT_EQ(Bind("'n' || i"), "text ('n' || cast(#0 as text))");
  EXPECT_EQ(Bind("i || b"), "TYPE_MISMATCH@2");
}

TEST(BindExpressionTest, RegularExpressionsAreLookedAtWhenTheyAreBound) {
  EXPECT_EQ(Bind("s ~ '^a+$'"), "boolean (#4 ~ '^a+$')");
  EXPECT_EQ(Bind("s ~ s"), "boolean (#4 ~ #4)");
  EXPECT_EQ(Bind("s ~ '(a)\\1'"), "INVALID_LITERAL@2");
  EXPECT_EQ(Bind("regexp_replace(s, 'a', 'b', 'z')"), "INVALID_LITERAL@0");
  EXPECT_EQ(Bind("i ~ 'a'"), "TYPE_MISMATCH@2");
}

TEST(BindExpressionTest, ReadsNegativeNumbers) {
  EXPECT_EQ(Bind("-1"), "integer -1");
  EXPECT_EQ(Bind("i > -25"), "boolean (#0 > -25)");
  EXPECT_EQ(Bind("- -- 7\n 12"), "integer -12");
  EXPECT_EQ(Bind("-/* 7 */ (12)"), "integer -12");
  EXPECT_EQ(Bind("'1-2' || s || left(s, -3)"), "text (('1-2' || #4) || left(#4, -3))");
}

TEST(BindExpressionTest, RewritesForms) {
  EXPECT_EQ(Bind("i in (1, 2)"), Bind("i = 1 or i = 2"));
  EXPECT_EQ(Bind("i not in (1)"), Bind("not i = 1"));
  EXPECT_EQ(Bind("i between 1 and 3"), Bind("i >= 1 and i <= 3"));
  EXPECT_EQ(Bind("s is not null"), Bind("not (s is null)"));
  EXPECT_EQ(Bind("f is not true"), Bind("f is distinct from true"));
  EXPECT_EQ(Bind("case i when 1 then 'a' end"), Bind("case when i = 1 then 'a' else null end"));
  EXPECT_EQ(Bind("s not like 'a%'"), Bind("not (s like 'a%')"));
  EXPECT_EQ(Bind("i between symmetric 3 and 1"), Bind("(i >= 3 and i <= 1) or (i >= 1 and i <= 3)"));
  EXPECT_EQ(Bind("s like 'a!%' escape '!'"), Bind("s like like_escape('a!%', '!')"));
  EXPECT_EQ(Bind("overlay(s placing 'x' from 2 for 3)"), Bind("substring(s, 1, 2 - 1) || 'x' || substring(s, 2 + 3)"));
  EXPECT_EQ(Bind("concat(s, i, s)"), Bind("concat(s, concat(i::text, s))"));
  EXPECT_EQ(Bind("concat_ws()"), "UNKNOWN_FUNCTION@0");
}

TEST(BindExpressionTest, TellsAllProblemsWithTheirPlaces) {
  EXPECT_EQ(Bind("x + y"), "UNKNOWN_COLUMN@0; UNKNOWN_COLUMN@4");
  EXPECT_EQ(Bind("v.i"), "UNKNOWN_RELATION@0");
  EXPECT_EQ(Bind("twice"), "AMBIGUOUS_COLUMN@0");
  EXPECT_EQ(Bind("i + s"), "TYPE_MISMATCH@2");
  EXPECT_EQ(Bind("nope(i)"), "UNKNOWN_FUNCTION@0");
  EXPECT_EQ(Bind("at = 'soon'"), "INVALID_LITERAL@5");
  EXPECT_EQ(Bind("sum(i)"), "MISPLACED_AGGREGATE@0");
  EXPECT_EQ(Bind("i +"), "SYNTAX_ERROR@3");
  EXPECT_EQ(Bind(""), "SYNTAX_ERROR@0");
  EXPECT_EQ(Bind("i, b"), "SYNTAX_ERROR@0");
  EXPECT_EQ(Bind("1; drop table t"), "SYNTAX_ERROR@0");
  EXPECT_EQ(Bind("i from t"), "SYNTAX_ERROR@0");
  EXPECT_EQ(Bind("i = (select 1)"), "UNSUPPORTED@4");
  EXPECT_EQ(Bind("count(i) over ()"), "UNSUPPORTED@0");
  EXPECT_EQ(Bind("i::integer[][]"), "UNSUPPORTED_TYPE@1");
  EXPECT_EQ(Bind("i::integer[]"), "TYPE_MISMATCH@0");
  EXPECT_EQ(Bind("i::nothing"), "UNKNOWN_TYPE@3");
}

TEST(BindExpressionTest, BoundsWhatShortTextsGrowTo) {
  std::string text = "f";
  for (int i = 0; i < 40; ++i) text = "(" + text + ") in (true, false)";
  EXPECT_EQ(Bind(text).substr(0, 20), "EXPRESSION_TOO_LARGE");
}

TEST(BindExpressionTest, BindsConditionsOfReads) {
  Schema schema = {{"k", DataType{TypeKind::kBigint}}};
  EXPECT_TRUE(BindWhere("k > 3", schema).ok());
  EXPECT_EQ(CodeOf(BindWhere("kk > 3", schema).status()), ErrorCode::kUnknownColumn);
  EXPECT_EQ(CodeOf(BindWhere("k + 3", schema).status()), ErrorCode::kTypeMismatch);
}

}  // namespace
}  // namespace freshet
