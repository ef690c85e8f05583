#include "server/formats/api/row_json.h"

#include <gtest/gtest.h>

#include "engine/columnar/text_form.h"

namespace freshet {
namespace {

const Schema kSchema = {{"b", {TypeKind::kBoolean}}, {"i", {TypeKind::kInteger}},     {"l", {TypeKind::kBigint}},
                        {"n", {TypeKind::kNumeric}}, {"d", {TypeKind::kDouble}},      {"t", {TypeKind::kText}},
                        {"day", {TypeKind::kDate}},  {"ts", {TypeKind::kTimestamptz}}};

TEST(RowJson, WritesEveryType) {
  DeltaBatch batch = *ParseBatch(
      "+1 | true | -5 | 9007199254740993 | 1.50 | 0.1 | say \"hi\" | 2013-01-31 | 2013-01-31T10:00:00Z\n"
      "+1 | NULL | ERROR(DIVISION_BY_ZERO) | 1 | NULL | NaN | '' | NULL | NULL",
      kSchema);
  std::string json;
  AppendRowJson(kSchema, batch, 0, {}, &json);
  EXPECT_EQ(json, R"({"b":true,"i":-5,"l":9007199254740993,"n":"1.50","d":0.1,"t":"say \"hi\"",)"
                  R"("day":"2013-01-31","ts":"2013-01-31T10:00:00Z"})");
  json.clear();
  AppendRowJson(kSchema, batch, 0, {.int64_as_string = true}, &json);
  EXPECT_NE(json.find(R"("l":"9007199254740993")"), std::string::npos);
  json.clear();
  AppendRowJson(kSchema, batch, 1, {}, &json);
  EXPECT_EQ(json, R"({"b":null,"i":null,"l":1,"n":null,"d":"NaN","t":"","day":null,"ts":null})");
  std::string errors;
  EXPECT_TRUE(AppendRowErrors(kSchema, batch, 1, &errors));
  EXPECT_EQ(errors, R"("i":"DIVISION_BY_ZERO")");
  EXPECT_FALSE(AppendRowErrors(kSchema, batch, 0, &errors));
}

TEST(RowJson, WritesTypesOfBytes) {
  const Schema schema = {{"r", {TypeKind::kReal}},     {"c", {.kind = TypeKind::kText, .padded = true, .length = 3}},
                         {"b", {TypeKind::kBytea}},    {"u", {TypeKind::kUuid}},
                         {"i", {TypeKind::kInterval}}, {"j", {TypeKind::kJsonb}},
                         {"t", {TypeKind::kTime}}};
  Row row;
  const std::string texts[] = {
      "0.1", "x", "\\x00ff10", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "36 hours", "{\"b\":1,\"a\":[]}", "1:02"};
  for (size_t i = 0; i < schema.size(); ++i) row.push_back(*ParseDatum(texts[i], schema[i].type));
  const DeltaBatch batch = BatchOf({{row, 1}}, schema);
  std::string json, csv;
  AppendRowJson(schema, batch, 0, {}, &json);
  EXPECT_EQ(json, R"({"r":0.1,"c":"x  ","b":"AP8Q","u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","i":"36:00:00",)"
                  R"("j":{"a": [], "b": 1},"t":"01:02:00"})");
  AppendRowCsv(schema, batch, 0, &csv);
  EXPECT_EQ(
      csv,
      "0.1,x  ,\\x00ff10,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,36:00:00,\"{\"\"a\"\": [], \"\"b\"\": 1}\",01:02:00\r\n");
}

TEST(RowJson, WritesArrays) {
  const Schema schema = {{"l", ArrayOf({TypeKind::kBigint})},
                         {"t", ArrayOf({TypeKind::kText})},
                         {"n", ArrayOf({TypeKind::kNumeric})},
                         {"b", ArrayOf({TypeKind::kBytea})}};
  Row row;
  const std::string texts[] = {"{1,NULL}", "{\"say \\\"hi\\\"\"}", "{1.50}", "{\\\\x00ff10}"};
  for (size_t i = 0; i < schema.size(); ++i) row.push_back(*ParseDatum(texts[i], schema[i].type));
  const DeltaBatch batch = BatchOf({{row, 1}}, schema);
  std::string json, csv;
  AppendRowJson(schema, batch, 0, {}, &json);
  EXPECT_EQ(json, R"({"l":[1,null],"t":["say \"hi\""],"n":["1.50"],"b":["AP8Q"]})");
  json.clear();
  AppendRowJson(schema, batch, 0, {.int64_as_string = true}, &json);
  EXPECT_NE(json.find(R"("l":["1",null])"), std::string::npos);
  AppendRowCsv(schema, batch, 0, &csv);
  EXPECT_EQ(csv, "\"{1,NULL}\",\"{\"\"say \\\"\"hi\\\"\"\"\"}\",{1.50},\"{\"\"\\\\x00ff10\"\"}\"\r\n");
}

TEST(RowJson, EscapesText) {
  std::string json;
  AppendJsonString(std::string_view("a\0\x1f\\\n\xC3\xA9", 7), &json);
  EXPECT_EQ(json, "\"a\\u0000\\u001f\\\\\\n\xC3\xA9\"");
}

TEST(RowJson, WritesCsvThatTellsNullFromEmpty) {
  Schema schema = {{"a,b", {TypeKind::kText}}, {"n", {TypeKind::kInteger}}};
  DeltaBatch batch = *ParseBatch("+1 | 'x \"y\"' | 1\n+1 | NULL | NULL\n+1 | '' | 3", schema);
  std::string csv;
  AppendCsvHeader(schema, &csv);
  for (uint32_t row = 0; row < batch.size(); ++row) AppendRowCsv(schema, batch, row, &csv);
  EXPECT_EQ(csv, "\"a,b\",n\r\n\"x \"\"y\"\"\",1\r\n,\r\n\"\",3\r\n");
}

}  // namespace
}  // namespace freshet
