#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/formats/decoding.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Table Pairs() { return MakeTable({MakeColumn("a", v1::BIGINT), MakeColumn("b", v1::TEXT)}); }

TEST(Csv, ReadsByPosition) {
  Decoded decoded = DecodeStream(Pairs(), "1,x\n-22,\n,y y\n");
  EXPECT_THAT(decoded.lines, ElementsAre("1 | 1, x", "1 | -22, NULL", "1 | NULL, y y"));
  EXPECT_EQ(decoded.offset, 14);
  EXPECT_EQ(decoded.newlines, 3);
}

TEST(Csv, ReadsByNameWhateverTheOrderAndCountsUnknownFields) {
  Decoded decoded = DecodeStream(Pairs(), "c,b,a\n0,x,1\n0,y,2\n", {.header = true});
  EXPECT_THAT(decoded.lines, ElementsAre("1 | 1, x", "1 | 2, y"));
  EXPECT_EQ(decoded.unknown_fields, 2u);
}

TEST(Csv, QuotesHoldDelimitersLineEndsAndQuotes) {
  Decoded decoded = DecodeStream(Pairs(), "1,\"a,\"\"b\"\"\r\nc\"\r\n\"2\",\"\"\r\n3,z");
  EXPECT_THAT(decoded.lines, ElementsAre("1 | 1, a,\"b\"\r\nc", "1 | 2, ", "1 | 3, z"));
  EXPECT_EQ(decoded.newlines, 3);
}

TEST(Csv, ABrokenQuoteCostsItsLineAlone) {
  Decoded decoded = DecodeStream(Pairs(), "1,\"open\n2,good\n3,\"x\"\n4,a\"b\n5,\"a\"b\n6,end\n");
  EXPECT_THAT(decoded.lines, ElementsAre("MALFORMED_RECORD @0", "1 | 2, good", "1 | 3, x", "MALFORMED_RECORD @21",
                                         "MALFORMED_RECORD @27", "1 | 6, end"));
  EXPECT_THAT(DecodeStream(Pairs(), "1,\"open\n2,good\n").lines, ElementsAre("MALFORMED_RECORD @0", "1 | 2, good"));
}

TEST(Csv, TheNumberOfFieldsIsPartOfTheFraming) {
  Decoded decoded = DecodeStream(Pairs(), "1\n1,2,3\n1,2\n", {.wanted = {0}});
  EXPECT_THAT(decoded.lines, ElementsAre("TOO_FEW_FIELDS @0", "TOO_MANY_FIELDS @2", "1 | 1"));
}

TEST(Csv, AValueThatDoesNotFitFollowsTheOption) {
  v1::Table table = MakeTable({MakeColumn("a", v1::INTEGER), MakeColumn("b", v1::TEXT)});
  std::string_view text = "x,1\n3000000000,2\n2.0,3\n7,\xff\n";
  EXPECT_THAT(DecodeStream(table, text).lines,
              ElementsAre("1 | ERROR(BAD_VALUE), 1", "1 | ERROR(BAD_VALUE), 2", "1 | 2, 3", "1 | 7, ERROR(BAD_VALUE)"));
  EXPECT_THAT(DecodeStream(table, text, {.bad_value = BadValue::kNull}).lines,
              ElementsAre("1 | NULL, 1", "1 | NULL, 2", "1 | 2, 3", "1 | 7, NULL"));
  // Every column is looked at, also where one alone is wanted.
  EXPECT_THAT(DecodeStream(table, text, {.bad_value = BadValue::kDeadLetter, .wanted = {1}}).lines,
              ElementsAre("BAD_VALUE @0", "BAD_VALUE @4", "1 | 3", "INVALID_UTF8 @23"));
}

TEST(Csv, KeysAndNotNullDecideWhateverIsWanted) {
  v1::Table table = MakeTable({MakeColumn("k", v1::BIGINT), MakeColumn("n", v1::TEXT, true),
                               MakeColumn("d", v1::TEXT, true), MakeColumn("v", v1::TEXT)},
                              {"k"});
  table.mutable_columns(2)->mutable_default_value()->set_text("none");
  std::string_view text = "1,a,,x\n,a,b,c\nq,a,b,c\n2,,b,c\n";
  for (const std::vector<uint32_t>& wanted : {std::vector<uint32_t>{2}, std::vector<uint32_t>{2, 3}}) {
    Decoded decoded = DecodeStream(table, text, {.wanted = wanted});
    EXPECT_THAT(decoded.lines, ElementsAre(wanted.size() == 1 ? "1 | none" : "1 | none, x", "BAD_KEY @7", "BAD_KEY @14",
                                           "NULL_VIOLATION @22"));
  }
}

TEST(Csv, NullStringAndDelimiterAreOptions) {
  Decoded decoded =
      DecodeStream(Pairs(), "NA\t\"NA\"\n5\t\n", {.options = {{"null_string", "NA"}, {"delimiter", "\\t"}}});
  EXPECT_THAT(decoded.lines, ElementsAre("1 | NULL, NA", "1 | 5, "));
}

TEST(Csv, BlankLinesAreNoRecords) {
  EXPECT_THAT(DecodeStream(Pairs(), "\n\r\n1,x\n\n").lines, ElementsAre("1 | 1, x"));
  EXPECT_TRUE(DecodeStream(Pairs(), "").lines.empty());
}

TEST(Csv, AHeaderWithoutAnyColumnIsTold) {
  Decoded decoded = DecodeStream(Pairs(), "7,8\n1,x\n", {.header = true});
  EXPECT_THAT(decoded.lines, ElementsAre("MALFORMED_RECORD @0", "MALFORMED_RECORD @4"));
  EXPECT_THAT(decoded.messages[0], HasSubstr("header = false"));
}

TEST(Csv, ALineAboveTheLimitIsDroppedWithBoundedMemory) {
  std::string text = "1,a\n2," + std::string(5000, 'x') + "\r\n3,c\n4,\"" + std::string(5000, '\n') + "\"\n5,e\n";
  Decoded decoded = DecodeStream(Pairs(), text, {.max_record_bytes = 1000});
  ASSERT_EQ(decoded.lines.size(), 6u);
  EXPECT_EQ(decoded.lines[1], "RECORD_TOO_LARGE @4");
  EXPECT_THAT(decoded.messages[0], HasSubstr("5002 bytes"));
  EXPECT_EQ(decoded.lines[3], StrCat("MALFORMED_RECORD @", 4 + 5004 + 4));
  EXPECT_EQ(decoded.lines[5], "1 | 5, e");
}

TEST(Csv, ReadsTypes) {
  v1::Table table =
      MakeTable({MakeColumn("b", v1::BOOLEAN), MakeColumn("s", v1::SMALLINT), MakeColumn("n", v1::NUMERIC),
                 MakeColumn("f", v1::DOUBLE), MakeColumn("d", v1::DATE), MakeColumn("t", v1::TIMESTAMPTZ)});
  Decoded decoded =
      DecodeStream(table, "true,-7,1.50,1e3,2013-01-31,2013-01-01T10:00:00Z\nf,40000,x,-inf,2013-02-30,no\n");
  EXPECT_THAT(
      decoded.lines,
      ElementsAre("1 | true, -7, 1.50, 1000, 2013-01-31, 2013-01-01T10:00:00Z",
                  "1 | false, ERROR(BAD_VALUE), ERROR(BAD_VALUE), -Infinity, ERROR(BAD_VALUE), ERROR(BAD_VALUE)"));
}

}  // namespace
}  // namespace freshet
