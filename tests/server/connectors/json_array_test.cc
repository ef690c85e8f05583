#include "server/connectors/ingest/json_array.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace freshet {
namespace {

// Elements as they are cut; a broken place as "! at problem".
std::vector<std::string> Cut(std::string_view text) {
  std::vector<std::string> cut;
  JsonElements elements(text);
  while (auto element = elements.Next()) {
    cut.push_back(element->problem.empty()
                      ? std::string(element->text)
                      : "! " + std::to_string(element->offset) + " " + std::string(element->problem));
  }
  return cut;
}

using Strings = std::vector<std::string>;

TEST(JsonElementsTest, CutsAnArray) {
  EXPECT_EQ(Cut(R"( [ {"a": [1, 2]} , {"b": "],}"} ] )"), (Strings{R"({"a": [1, 2]})", R"({"b": "],}"})"}));
  EXPECT_EQ(Cut(R"([{"a": "\"]"}, 5, null])"), (Strings{R"({"a": "\"]"})", "5", "null"}));
  EXPECT_EQ(Cut("[]"), Strings());
  EXPECT_EQ(Cut("  "), Strings());
}

TEST(JsonElementsTest, TakesOneObject) { EXPECT_EQ(Cut(R"( {"a": 1} )"), Strings{R"({"a": 1} )"}); }

TEST(JsonElementsTest, SaysWhereAnArrayIsBroken) {
  EXPECT_EQ(Cut(R"([{"a": 1} {"b": 2}])"),
            (Strings{R"({"a": 1})", "! 10 a comma or ] is missing between the elements of the array"}));
  EXPECT_EQ(Cut(R"([{"a": 1},])"), (Strings{R"({"a": 1})", "! 10 an element of the array is missing"}));
  EXPECT_EQ(Cut(R"([{"a": 1}, {"b": )"), (Strings{R"({"a": 1})", "! 11 the array is not closed"}));
  EXPECT_EQ(Cut("[1] 2"), (Strings{"1", "! 4 something follows the array"}));
  EXPECT_EQ(Cut("["), Strings{"! 1 the array is not closed"});
}

}  // namespace
}  // namespace freshet
