#include "tools/cli/output/json_members.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(JsonMembersTest, KeepsEveryDigitAndTheOrder) {
  auto members = SplitObject(R"( {"b": 12345678901234567890.10 ,"a":"x,}\"y","c":{"d":[1,"]"]},"e":null} )");
  ASSERT_EQ(members.size(), 4u);
  EXPECT_EQ(members[0].key, "b");
  EXPECT_EQ(members[0].text, "12345678901234567890.10");
  EXPECT_EQ(members[1].text, R"("x,}\"y")");
  EXPECT_EQ(members[2].text, R"({"d":[1,"]"]})");
  EXPECT_EQ(CellText(members[1].text), "x,}\"y");
  EXPECT_EQ(CellText(members[3].text), "NULL");
}

TEST(JsonMembersTest, DecodesKeys) {
  auto members = SplitObject(R"({"\u00e9\"":1})");
  ASSERT_EQ(members.size(), 1u);
  EXPECT_EQ(members[0].key, "\xC3\xA9\"");
}

TEST(JsonMembersTest, BrokenTextGivesWhatCouldBeRead) {
  EXPECT_TRUE(SplitObject("").empty());
  EXPECT_TRUE(SplitObject("[1]").empty());
  EXPECT_TRUE(SplitObject("{}").empty());
  EXPECT_TRUE(SplitObject(R"({"a)").empty());
  EXPECT_TRUE(SplitObject(R"({"a\)").empty());
  EXPECT_EQ(SplitObject(R"({"a":1,"b)").size(), 1u);
}

}  // namespace
}  // namespace freshet
