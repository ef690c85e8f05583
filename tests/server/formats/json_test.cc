#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/formats/decoding.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;

v1::Table Pairs() { return MakeTable({MakeColumn("a", v1::BIGINT), MakeColumn("b", v1::TEXT)}); }

DecodeOptions Json(Envelope envelope = Envelope::kPlain) { return {.format = "json", .envelope = envelope}; }

TEST(Json, ReadsFieldsByName) {
  Decoded decoded = DecodeStream(Pairs(), R"({"a":1,"b":"x"}
 { "b" : "y" , "c" : [1,{"a":2}] , "a" : -2 }
{"a":null}

{}
)",
                                 Json());
  EXPECT_THAT(decoded.lines, ElementsAre("1 | 1, x", "1 | -2, y", "1 | NULL, NULL", "1 | NULL, NULL"));
  EXPECT_EQ(decoded.unknown_fields, 1u);
}

TEST(Json, ABrokenLineCostsItselfAlone) {
  Decoded decoded =
      DecodeStream(Pairs(), "{\"a\":1\n{\"a\":2}\n{\"a\":3}}\n[1]\n\"x\n{\"a\":4} 5\n{\"a\":5,}\n{\"a\":6}\n", Json());
  EXPECT_THAT(decoded.lines,
              ElementsAre("MALFORMED_RECORD @0", "1 | 2, NULL", "MALFORMED_RECORD @15", "MALFORMED_RECORD @24",
                          "MALFORMED_RECORD @28", "MALFORMED_RECORD @31", "MALFORMED_RECORD @41", "1 | 6, NULL"));
}

TEST(Json, StructureCountsAlsoWhereNothingIsWanted) {
  DecodeOptions options = Json();
  options.wanted = {0};
  for (std::string_view bad :
       {R"({"a":1,"b":[}})", R"({"a":1,"b":{"x"}})", R"({"a":1,"b":[1 2]})", R"({"a":1,"b":{"x":1,}})",
        R"({"a":1 "b":2})", R"({"a":1,"b":})", R"({"a":1,,"b":2})", R"({"b":"x"y,"a":1})", R"({:1})"}) {
    EXPECT_THAT(DecodeStream(Pairs(), bad, options).lines, ElementsAre("MALFORMED_RECORD @0")) << bad;
  }
  // Scalars are the column's.
  EXPECT_THAT(DecodeStream(Pairs(), R"({"a":1,"b":tru,"c":01})", options).lines, ElementsAre("1 | 1"));
  EXPECT_THAT(DecodeStream(Pairs(), R"({"a":01,"b":tru})", Json()).lines,
              ElementsAre("1 | ERROR(BAD_VALUE), ERROR(BAD_VALUE)"));
}

TEST(Json, ReadsTypesOfBytes) {
  v1::Column limited = MakeColumn("v", v1::TEXT);
  limited.mutable_type()->set_length(3);
  v1::Table table =
      MakeTable({MakeColumn("r", v1::REAL), limited, MakeColumn("b", v1::BYTEA), MakeColumn("u", v1::UUID),
                 MakeColumn("i", v1::INTERVAL), MakeColumn("j", v1::JSONB), MakeColumn("t", v1::TIME)});
  Decoded decoded = DecodeStream(
      table,
      R"({"r":0.1,"v":"abc ","b":"AP8Q","u":"A0EEBC999C0B4EF8BB6D6BB9BD380A11","i":"1 day","j":{"b":[1],"a":null},"t":"12:00"}
{"r":1e39,"v":"abcd","b":"*","u":"x","i":"x","j":"{","t":"25:00"}
{"r":"NaN","v":"ü","b":"\\x61","u":null,"i":"P1Y","j":"[true]","t":"24:00:00"}
{"j":17}
)",
      Json());
  EXPECT_THAT(
      decoded.lines,
      ElementsAre("1 | 0.1, abc, \\x00ff10, a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11, 1 day, {\"a\": null, \"b\": [1]}, "
                  "12:00:00",
                  "1 | ERROR(BAD_VALUE), ERROR(BAD_VALUE), ERROR(BAD_VALUE), ERROR(BAD_VALUE), "
                  "ERROR(BAD_VALUE), ERROR(BAD_VALUE), ERROR(BAD_VALUE)",
                  "1 | NaN, ü, \\x61, NULL, 1 year, [true], 24:00:00", "1 | NULL, NULL, NULL, NULL, NULL, 17, NULL"));
}

TEST(Json, ReadsArrays) {
  v1::Column numbers = MakeColumn("n", v1::ARRAY), texts = MakeColumn("t", v1::ARRAY),
             jsons = MakeColumn("j", v1::ARRAY);
  numbers.mutable_type()->mutable_element()->set_kind(v1::NUMERIC);
  texts.mutable_type()->mutable_element()->set_kind(v1::TEXT);
  jsons.mutable_type()->mutable_element()->set_kind(v1::JSONB);
  Decoded decoded = DecodeStream(MakeTable({numbers, texts, jsons}),
                                 R"({"n":[1.50,null,"2"],"t":["a b",null,3],"j":[{"b":1},"x",null]}
{"n":"{1,2}","t":[],"j":"{1}"}
{"n":[[1]],"t":{"a":1},"j":7}
{"n":[true],"t":"{","j":null}
)",
                                 Json());
  EXPECT_THAT(decoded.lines,
              ElementsAre("1 | {1.50,NULL,2}, {\"a b\",NULL,3}, {\"{\\\"b\\\": 1}\",\"\\\"x\\\"\",NULL}",
                          "1 | {1,2}, {}, {1}", "1 | ERROR(BAD_VALUE), ERROR(BAD_VALUE), ERROR(BAD_VALUE)",
                          "1 | ERROR(BAD_VALUE), ERROR(BAD_VALUE), NULL"));
}

TEST(Json, NumbersAreExact) {
  v1::Table table = MakeTable({MakeColumn("i", v1::BIGINT), MakeColumn("d", v1::DOUBLE), MakeColumn("n", v1::NUMERIC)});
  Decoded decoded = DecodeStream(table, R"({"i":9223372036854775807,"d":0.1,"n":12345678901234567890.123456789}
{"i":9223372036854775808,"d":1e400,"n":"0.10"}
{"i":1.0,"d":"NaN","n":1e2}
{"i":1.5,"d":true,"n":-0}
{"i":"12","d":-1E-2,"n":{}}
)",
                                 Json());
  EXPECT_THAT(decoded.lines,
              ElementsAre("1 | 9223372036854775807, 0.1, 12345678901234567890.123456789",
                          "1 | ERROR(BAD_VALUE), ERROR(BAD_VALUE), 0.10", "1 | 1, NaN, 100",
                          "1 | ERROR(BAD_VALUE), ERROR(BAD_VALUE), 0", "1 | 12, -0.01, ERROR(BAD_VALUE)"));
}

TEST(Json, TextTakesEverythingAsItIsWritten) {
  v1::Table table = MakeTable({MakeColumn("b", v1::TEXT)});
  Decoded decoded = DecodeStream(table, R"({"b":"q\"\u00e9\ud83d\ude00\n\\"}
{"b":{"x": [1, "}"]} }
{"b":[]}
{"b":1.50}
{"b":false}
{"b":"\ud800"}
{"b":"\q"}
)",
                                 Json());
  EXPECT_THAT(decoded.lines, ElementsAre("1 | q\"\u00e9\U0001F600\n\\", R"(1 | {"x": [1, "}"]})", "1 | []", "1 | 1.50",
                                         "1 | false", "1 | ERROR(BAD_VALUE)", "1 | ERROR(BAD_VALUE)"));
}

TEST(Json, PathsLeadIntoObjectsAndArrays) {
  v1::Table table = MakeTable({MakeColumn("city", v1::TEXT), MakeColumn("first", v1::BIGINT),
                               MakeColumn("odd", v1::TEXT), MakeColumn("address", v1::TEXT)});
  table.mutable_columns(0)->set_path("/address/city");
  table.mutable_columns(1)->set_path("/tags/1");
  table.mutable_columns(2)->set_path("/a~1b/~0");
  Decoded decoded = DecodeStream(table, R"({"address":{"city":"Ulm","zip":1},"tags":[5,6,7],"a/b":{"~":"x"}}
{"address":7,"tags":{"1":3},"a\/b":[]}
{"address":{"city":"A"},"address":{"zip":2},"tags":[1]}
)",
                                 Json());
  EXPECT_THAT(decoded.lines, ElementsAre(R"(1 | Ulm, 6, x, {"city":"Ulm","zip":1})", "1 | NULL, 3, NULL, 7",
                                         R"(1 | NULL, NULL, NULL, {"zip":2})"));
  EXPECT_EQ(decoded.unknown_fields, 0u);
}

TEST(Json, TheLastOfEqualNamesCounts) {
  EXPECT_THAT(DecodeStream(Pairs(), R"({"a":1,"a":2})", Json()).lines, ElementsAre("1 | 2, NULL"));
}

TEST(Json, DepthIsBounded) {
  auto nested = [](size_t depth) {
    return "{\"a\":1,\"c\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_THAT(DecodeStream(Pairs(), nested(1000), Json()).lines, ElementsAre("1 | 1, NULL"));
  EXPECT_THAT(DecodeStream(Pairs(), nested(1024), Json()).lines, ElementsAre("MALFORMED_RECORD @0"));
  EXPECT_THAT(DecodeStream(Pairs(), nested(400'000), Json()).lines, ElementsAre("MALFORMED_RECORD @0"));
  EXPECT_THAT(DecodeStream(Pairs(), "{\"a\":" + std::string(500'000, '['), Json()).lines,
              ElementsAre("MALFORMED_RECORD @0"));
}

TEST(Json, InvalidUtf8AndControlCharactersAreDeadLetters) {
  EXPECT_THAT(DecodeStream(Pairs(), "{\"b\":\"\xff\"}\n{\"b\":\"\x01\"}\n", Json()).lines,
              ElementsAre("INVALID_UTF8 @0", "MALFORMED_RECORD @10"));
}

TEST(Json, ChangesCarryWeights) {
  v1::Table table = Pairs();
  table.set_deletes(true);
  Decoded decoded = DecodeStream(table, R"({"weight":2,"row":{"a":1}}
{"row":{"a":1},"weight":-1}
{"insert":{"a":2}}
{"delete":{"a":2}}
{"upsert":{"a":2}}
{"weight":0,"row":{"a":1}}
{"row":{"a":1}}
{"weight":1,"insert":{"a":1}}
{"insert":{"a":1},"delete":{"a":1}}
{"insert":[]}
{"a":1}
)",
                                 Json(Envelope::kChanges));
  EXPECT_THAT(decoded.lines, ElementsAre("2 | 1, NULL", "-1 | 1, NULL", "1 | 2, NULL", "-1 | 2, NULL", "BAD_KEY @93",
                                         "MALFORMED_RECORD @112", "MALFORMED_RECORD @139", "MALFORMED_RECORD @155",
                                         "MALFORMED_RECORD @185", "MALFORMED_RECORD @221", "MALFORMED_RECORD @235"));
}

TEST(Json, DeletesNeedATableThatTakesThem) {
  EXPECT_THAT(DecodeStream(Pairs(), R"({"delete":{"a":2}})", Json(Envelope::kChanges)).lines,
              ElementsAre("DELETE_NOT_TAKEN @0"));
  v1::Table keyed =
      MakeTable({MakeColumn("a", v1::BIGINT), MakeColumn("b", v1::TEXT, true), MakeColumn("v", v1::BIGINT)}, {"a"});
  keyed.set_version_column("v");
  Decoded decoded = DecodeStream(keyed, R"({"delete":{"a":2,"b":{},"v":1}}
{"delete":{"a":2}}
{"delete":{"v":2}}
{"weight":-5,"row":{"a":3,"v":4}}
)",
                                 Json(Envelope::kChanges));
  EXPECT_THAT(decoded.lines, ElementsAre("-1 | 2, NULL, 1", "MISSING_VERSION @32", "BAD_KEY @51", "-1 | 3, NULL, 4"));
}

TEST(Raw, ALineIsARow) {
  v1::Table table =
      MakeTable({MakeColumn("line", v1::TEXT), MakeColumn("n", v1::BIGINT), MakeColumn("at", v1::BIGINT)});
  table.mutable_columns(1)->set_metadata(v1::Column::LINE);
  table.mutable_columns(2)->set_metadata(v1::Column::OFFSET);
  Decoded decoded = DecodeStream(table, "a,\"b\r\n\n\xc3\x28\nlast", {.format = "raw"});
  EXPECT_THAT(decoded.lines,
              ElementsAre("1 | a,\"b, 1, 0", "1 | , 2, 6", "1 | ERROR(BAD_VALUE), 3, 7", "1 | last, 4, 10"));
}

}  // namespace
}  // namespace freshet
