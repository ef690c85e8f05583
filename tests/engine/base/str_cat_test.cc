#include "engine/base/str_cat.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(StrCatTest, JoinsViewsOfBothKindsAndNumbers) {
  std::string_view standard = "std";
  absl::string_view abseil = "absl";
  std::string owned = "own";
  EXPECT_EQ(StrCat(standard, "-", abseil, "-", owned, "-", 12, "-", 0.5), "std-absl-own-12-0.5");
  EXPECT_EQ(StrCat(), "");
  std::string text = "a";
  StrAppend(&text, standard, 1);
  EXPECT_EQ(text, "astd1");
}

TEST(StrCatTest, ViewsTurnIntoEachOther) {
  std::string_view text = "text";
  EXPECT_EQ(StdView(AbslView(text)), text);
  EXPECT_EQ(AbslView(text).data(), text.data());
}

}  // namespace
}  // namespace freshet
