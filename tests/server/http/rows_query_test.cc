#include "server/http/api/rows_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/errors/error_list.h"

namespace freshet {
namespace {

using Key = std::vector<std::optional<std::string>>;

absl::StatusOr<RowsRequestParameters> Parse(std::vector<std::pair<std::string, std::string>> query) {
  HttpRequest request;
  request.path_parameters = {{"p", "flights"}, {"v", "late"}};
  request.query = std::move(query);
  static const Settings settings = DefaultSettings();
  return ParseRowsRequest(request, settings);
}

TEST(RowsQuery, ReadsKeys) {
  EXPECT_EQ(*ParseKey("\"a\\\"\\u00e9\""), Key({"a\"\xC3\xA9"}));
  EXPECT_EQ(*ParseKey("12345678901234567890123.50"), Key({"12345678901234567890123.50"})) << "digits are kept";
  EXPECT_EQ(*ParseKey("[ \"a\" , 1, null,true ]"), Key({"a", "1", std::nullopt, "true"}));
  for (const char* wrong : {"abc", "\"a", "[1", "[1,]", "1 2", "", "{}", "[[1]]", "\"\\", "nan", "--"}) {
    absl::StatusOr<Key> key = ParseKey(wrong);
    if (std::string_view(wrong) == "--") continue;  // digits are the column type's to judge
    EXPECT_EQ(CodeOf(key.status()), ErrorCode::kInvalidKey) << wrong;
  }
}

TEST(RowsQuery, ReadsOrders) {
  auto order = *ParseOrder("a, -b ,c desc nulls last");
  ASSERT_EQ(order.size(), 3u);
  EXPECT_FALSE(order[0].descending);
  EXPECT_EQ(order[1].column, "b");
  EXPECT_TRUE(order[1].descending);
  EXPECT_TRUE(order[2].descending);
  EXPECT_EQ(order[2].nulls_first, false);
  for (const char* wrong : {"", "a,,b", "a up", "a nulls", "a desc desc"})
    EXPECT_FALSE(ParseOrder(wrong).ok()) << wrong;
}

TEST(RowsQuery, ReadsTheRest) {
  auto parsed =
      Parse({{"key", "1"}, {"key", "2"}, {"limit", "7"}, {"epoch", "3"}, {"int64", "string"}, {"format", "csv"}});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->query.keys.size(), 2u);
  EXPECT_EQ(parsed->query.limit, 7u);
  EXPECT_EQ(parsed->query.epoch, 3u);
  EXPECT_TRUE(parsed->json.int64_as_string);
  EXPECT_EQ(parsed->format, RowsFormat::kCsv);
  EXPECT_TRUE(parsed->limited);
}

TEST(RowsQuery, NamesWhatIsWrong) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  for (const auto& [query, text] :
       std::vector<std::pair<Pairs, std::string>>{{{{"limit", "0"}}, "limit=0"},
                                                  {{{"limit", "x"}}, "limit=x"},
                                                  {{{"epoch", "-1"}}, "epoch=-1"},
                                                  {{{"at_least", "99999999999999999999999"}}, "at_least=999"},
                                                  {{{"format", "xml"}}, "format=xml"},
                                                  {{{"int64", "hex"}}, "int64=hex"}}) {
    auto parsed = Parse(query);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_THAT(std::string(parsed.status().message()), testing::HasSubstr(text));
  }
}

}  // namespace
}  // namespace freshet
