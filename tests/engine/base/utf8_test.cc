#include "engine/base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(Utf8, EndsAtTheFirstByteOfNoCharacter) {
  EXPECT_EQ(ValidUtf8Prefix(""), 0u);
  EXPECT_EQ(ValidUtf8Prefix("aé€😀"), 10u);
  EXPECT_EQ(ValidUtf8Prefix(std::string("a\0b", 3)), 3u);
  EXPECT_EQ(ValidUtf8Prefix("ab\x80"), 2u);        // a continuation alone
  EXPECT_EQ(ValidUtf8Prefix("ab\xC3"), 2u);        // cut off
  EXPECT_EQ(ValidUtf8Prefix("ab\xE2\x82"), 2u);    // cut off
  EXPECT_EQ(ValidUtf8Prefix("\xC0\x80"), 0u);      // overlong
  EXPECT_EQ(ValidUtf8Prefix("\xE0\x9F\xBF"), 0u);  // overlong
  EXPECT_EQ(ValidUtf8Prefix("\xF0\x8F\xBF\xBF"), 0u);
  EXPECT_EQ(ValidUtf8Prefix("\xED\xA0\x80"), 0u);      // a surrogate
  EXPECT_EQ(ValidUtf8Prefix("\xF4\x90\x80\x80"), 0u);  // past U+10FFFF
  EXPECT_EQ(ValidUtf8Prefix("\xFF"), 0u);
  EXPECT_EQ(ValidUtf8Prefix("\xED\x9F\xBF\xF4\x8F\xBF\xBF"), 7u);
}

}  // namespace
}  // namespace freshet
