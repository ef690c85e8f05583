// Records of one shape are read without parsing: what is read must be what a decoder that has seen nothing reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "server/formats/json/json_shapes.h"
#include "tests/server/formats/decoding.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;

std::string Padded(std::string_view text) { return std::string(text) + std::string(kRecordPadding, '}'); }

// Whether a shape learned from one record, whose column 0 has this text, takes another.
class OneShape {
 public:
  OneShape(std::string_view record, std::string_view text) : record_(Padded(record)) {
    JsonIndex index;
    EXPECT_FALSE(index.Build(std::string_view(record_).substr(0, record.size())));
    FieldRow row;
    row.cells.resize(1);
    const char* place = record_.data() + record_.find(text);
    row.cells[0] = {FieldKind::kValidText, {place, text.size()}};
    shape_ = JsonShape::Of(index, row);
    EXPECT_TRUE(shape_.has_value());
  }

  // `-`: another shape.
  std::string Read(std::string_view record) const {
    const std::string padded = Padded(record);
    FieldRow row;
    row.cells.resize(1);
    if (!shape_->Fill(std::string_view(padded).substr(0, record.size()), row)) return "-";
    return row.cells[0].kind == FieldKind::kNull ? "NULL" : std::string(row.cells[0].text);
  }

 private:
  std::string record_;
  std::optional<JsonShape> shape_;
};

TEST(JsonShape, TakesOtherScalarsInTheSamePlaces) {
  const OneShape shape(R"({"a": "xyz", "b": {"c": [1, "two"]}})", "xyz");
  EXPECT_EQ(shape.Read(R"({"a": "", "b": {"c": [null, 12.5e3]}})"), "");
  EXPECT_EQ(shape.Read(R"({"a": "a text that is longer than the thirty-two bytes of a look", "b": {"c": [1, "two"]}})"),
            "a text that is longer than the thirty-two bytes of a look");
  EXPECT_EQ(shape.Read("{\"a\": \"caf\xc3\xa9\", \"b\": {\"c\": [1, \"two\"]}}"), "caf\xc3\xa9");
  EXPECT_EQ(shape.Read(R"({"a": -1.5, "b": {"c": [true, "two"]}})"), "-1.5");
  EXPECT_EQ(shape.Read(R"({"a": null, "b": {"c": [1, "two"]}})"), "NULL");
}

TEST(JsonShape, LeavesEverythingElseToTheParser) {
  const OneShape shape(R"({"a": "xyz", "b": 1})", "xyz");
  for (std::string_view other : {R"({"a": "x\"yz", "b": 1})",
                                 R"({"a": "x\u0041", "b": 1})",
                                 R"({"a": "xyz", "c": 1})",
                                 R"({"a":"xyz", "b": 1})",
                                 R"({"b": 1, "a": "xyz"})",
                                 R"({"a": "xyz", "b": })",
                                 R"({"a": "xyz", "b": 1} )",
                                 R"({"a": "xyz", "b": 1}})",
                                 R"({"a": "xyz", "b": 1)",
                                 R"({"a": "xyz)",
                                 R"({"a": ")",
                                 R"({"a": )",
                                 R"({)",
                                 "",
                                 R"({"a": {}, "b": 1})",
                                 R"({"a": [1], "b": 1})",
                                 R"({"a": "x" "y", "b": 1})",
                                 R"({"a": 1 2, "b": 1})",
                                 R"({"a": x"y", "b": 1})",
                                 "{\"a\": \"\xff\", \"b\": 1}",
                                 "{\"a\": \"x\ty\", \"b\": 1}",
                                 "{\"a\": \"xyz\", \"b\": \"\xc3\"}"}) {
    EXPECT_EQ(shape.Read(other), "-") << other;
  }
}

std::string RandomScalar(std::mt19937_64& random) {
  static constexpr std::array<std::string_view, 14> kScalars = {
      "1",
      "-20.5",
      "null",
      "true",
      "false",
      "01",
      "tru",
      "\"\"",
      "\"word\"",
      "\"caf\xc3\xa9\"",
      "\"\xff\"",
      "\"a\\nb\"",
      "\"a longer text, past the bytes that are looked at together\"",
      "1e400"};
  return std::string(kScalars[random() % kScalars.size()]);
}

std::string RandomField(std::mt19937_64& random) {
  static constexpr std::array<std::string_view, 5> kNames = {"a", "b", "c", "a", "longer name"};
  std::string field = StrCat("\"", kNames[random() % kNames.size()], "\":", random() % 2 == 0 ? " " : "");
  switch (random() % 6) {
    case 0:
      return StrCat(field, "[", RandomScalar(random), ",", RandomScalar(random), "]");
    case 1:
      return StrCat(field, "{\"c\":", RandomScalar(random), "}");
    default:
      return field + RandomScalar(random);
  }
}

// Records of few shapes, some of them broken.
std::vector<std::string> RandomRecords(std::mt19937_64& random) {
  std::vector<std::string> records;
  for (int shape = 0; shape < 3; ++shape) {
    const uint64_t seed = random();
    for (int i = 0; i < 6; ++i) {
      std::mt19937_64 fields(seed);  // the same names; scalars and, rarely, structure differ
      std::string record = "{";
      for (uint64_t count = fields() % 4; count > 0; --count) {
        std::mt19937_64 values(random());
        std::string field = RandomField(random() % 8 == 0 ? values : fields);
        record += field + (count > 1 ? ", " : "");
      }
      record += "}";
      if (random() % 6 == 0) record[random() % record.size()] = static_cast<char>(random());
      std::replace(record.begin(), record.end(), '\n', ' ');
      records.push_back(std::move(record));
    }
  }
  std::shuffle(records.begin(), records.end(), random);
  return records;
}

TEST(JsonShapes, ReadWhatADecoderReadsThatHasSeenNothing) {
  v1::Table table = MakeTable({MakeColumn("a", v1::TEXT), MakeColumn("b", v1::BIGINT), MakeColumn("in", v1::TEXT)});
  table.mutable_columns(2)->set_path("/c/c");
  for (uint64_t seed = 1; seed <= 4'000; ++seed) {
    std::mt19937_64 random(seed);
    DecodeOptions options = {.format = "json"};
    options.envelope = random() % 2 == 0 ? Envelope::kPlain : Envelope::kRowOrChange;
    if (random() % 2 == 0) options.wanted = {static_cast<uint32_t>(random() % 3)};
    std::string stream;
    std::vector<std::string> expected;
    uint64_t unknown_fields = 0;
    for (const std::string& record : RandomRecords(random)) {
      Decoded alone = DecodeStream(table, record, options);
      for (std::string& line : alone.lines) expected.push_back(line.substr(0, line.find(" @")));
      unknown_fields += alone.unknown_fields;
      StrAppend(&stream, record, "\n");
    }
    Decoded together = DecodeStream(table, stream, options);
    for (std::string& line : together.lines) line = line.substr(0, line.find(" @"));
    ASSERT_EQ(together.lines, expected) << "seed " << seed << ":\n" << stream;
    ASSERT_EQ(together.unknown_fields, unknown_fields) << "seed " << seed;
  }
}

TEST(JsonShapes, RecordsOfEverOtherShapesAreRead) {
  std::string stream;
  std::vector<std::string> expected;
  for (int i = 0; i < 5'000; ++i) {
    std::string field = StrCat("\"f", i % 700, "\":1,");
    StrAppend(&stream, "{", i % 3 == 0 ? field : "", "\"a\":", i, "}\n");
    expected.push_back(StrCat("1 | ", i));
  }
  EXPECT_EQ(DecodeStream(MakeTable({MakeColumn("a", v1::BIGINT)}), stream, {.format = "json"}).lines, expected);
}

}  // namespace
}  // namespace freshet
