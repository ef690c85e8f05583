#include "engine/columnar/string_cell.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freshet {
namespace {

TEST(StringCellTest, KeepsTextsOfAllLengths) {
  for (size_t size = 0; size <= 40; ++size) {
    std::string text(size, 'a');
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
    StringCell cell{std::string_view(text)};
    EXPECT_EQ(cell.view(), text);
    EXPECT_EQ(cell.is_inline(), size <= 12);
  }
}

TEST(StringCellTest, PaddedTextsGiveTheSameCells) {
  const std::string text =
      "abc\xC3\xBC"
      "efghijklmnopq";
  for (uint32_t size = 0; size <= StringCell::kInlineBytes; ++size) {
    StringCell cell = StringCell::FromPadded(text.data(), size);
    EXPECT_EQ(cell, StringCell(text.data(), size)) << size;
    EXPECT_EQ(cell.is_inline_ascii(), size <= 3) << size;
  }
}

TEST(StringCellTest, OrdersAsBytes) {
  std::vector<std::string> texts = {"",
                                    "a",
                                    std::string("a\0", 2),
                                    "ab",
                                    "abcd",
                                    "abcdefghijkl",
                                    "abcdefghijklm",
                                    "abcdefghijklmnop with an end",
                                    "abcdefghijklmnop with the end",
                                    "b",
                                    "\x7F",
                                    "\xC3\xBC"};
  for (size_t i = 0; i < texts.size(); ++i) {
    for (size_t j = 0; j < texts.size(); ++j) {
      std::string copy = texts[j];
      StringCell a{std::string_view(texts[i])};
      StringCell b{std::string_view(copy)};
      EXPECT_EQ(a <=> b, i <=> j) << texts[i] << " and " << texts[j];
      EXPECT_EQ(a == b, i == j);
      EXPECT_EQ(a.Hash(3) == b.Hash(3), i == j);
    }
  }
}

}  // namespace
}  // namespace freshet
