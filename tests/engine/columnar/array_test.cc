#include "engine/columnar/array.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using enum TypeKind;

std::string CellOf(std::string_view text, DataType element) {
  absl::StatusOr<Datum> read = ParseDatum(text, ArrayOf(element));
  EXPECT_TRUE(read.ok()) << text << ": " << read.status();
  return read.ok() ? read->text_value() : "";
}

std::string ReadAndWritten(std::string_view text, DataType element) {
  return FormatArray(CellOf(text, element), ArrayOf(element));
}

TEST(ArrayTest, ReadsAndWritesPostgresTexts) {
  const DataType text{kText};
  EXPECT_EQ(ReadAndWritten(" { a , \"b c\" ,NULL, null,\"null\" } ", text), "{a,\"b c\",NULL,NULL,\"null\"}");
  EXPECT_EQ(ReadAndWritten("{\"\",\"{\",\"q\\\"\\\\\",a\\,b, in ner }", text),
            "{\"\",\"{\",\"q\\\"\\\\\",\"a,b\",\"in ner\"}");
  EXPECT_EQ(ReadAndWritten("{}", text), "{}");
  EXPECT_EQ(ReadAndWritten("{\\NULL}", text), "{\"NULL\"}");
  EXPECT_EQ(ReadAndWritten("{t,false}", {kBoolean}), "{t,f}");
  EXPECT_EQ(ReadAndWritten("{1.0,-2.50,0.00,1e3,NULL}", {kNumeric}), "{1.0,-2.50,0.00,1000,NULL}");
  EXPECT_EQ(ReadAndWritten("{1 mon,\"30 days\",-1 day,NULL}", {kInterval}), "{\"1 mon\",\"30 days\",\"-1 days\",NULL}");
  EXPECT_EQ(ReadAndWritten("{NaN,-0,1.5}", {kDouble}), "{NaN,0,1.5}");
  EXPECT_EQ(ReadAndWritten("{\"\\\\x00ff\",\"\\\\x\"}", {kBytea}), "{\"\\\\x00ff\",\"\\\\x\"}");
}

TEST(ArrayTest, RefusesWhatIsNoArray) {
  for (std::string_view text : {"", "1,2", "{1,2", "{1,}", "{,1}", "{1}x", "{1 2}", "{x}", "{\"1}", "{1\"2\"}", "{{1}}",
                                "[0:1]={1,2}", "{\\"}) {
    EXPECT_FALSE(ParseDatum(text, ArrayOf({kInteger})).ok()) << text;
  }
  EXPECT_THAT(ParseDatum("{{1},{2}}", ArrayOf({kInteger})).status().ToString(), testing::HasSubstr("one dimension"));
}

TEST(ArrayTest, CellsCompareAsPostgresComparesArrays) {
  const auto expect_ascending = [](DataType element, const std::vector<std::string>& texts) {
    for (size_t i = 1; i < texts.size(); ++i) {
      EXPECT_LT(CellOf(texts[i - 1], element), CellOf(texts[i], element)) << texts[i - 1] << " and " << texts[i];
    }
  };
  expect_ascending({kInteger}, {"{}", "{-5}", "{-5,9}", "{1}", "{1,2}", "{1,2,3}", "{1,NULL}", "{2}", "{NULL}"});
  expect_ascending({kText}, {"{}", "{\"\"}", "{\"\",a}", "{a}", "{a,b}", "{aa}", "{b}", "{NULL}"});
  expect_ascending({kNumeric}, {"{}", "{-1}", "{1.0,3}", "{1.00,4}", "{1.0,NULL}", "{1.5}"});
  expect_ascending({kInterval}, {"{}", "{30 days,1 day}", "{1 mon,2 days}"});
}

TEST(ArrayTest, ComparedBytesAreWhatEqualArraysShare) {
  const auto compared = [](const std::string& cell, TypeKind kind) {
    return std::string(ComparedBytes(cell, ArrayOf({kind})));
  };
  EXPECT_EQ(compared(CellOf("{1.0,2}", {kNumeric}), kNumeric), compared(CellOf("{1.00,2.0}", {kNumeric}), kNumeric));
  EXPECT_NE(compared(CellOf("{1.0}", {kNumeric}), kNumeric), compared(CellOf("{1.0,NULL}", {kNumeric}), kNumeric));
  EXPECT_EQ(compared(CellOf("{1 mon}", {kInterval}), kInterval), compared(CellOf("{30 days}", {kInterval}), kInterval));
  EXPECT_TRUE(HasOneForm(ArrayOf({kText})));
  EXPECT_TRUE(HasOneForm(ArrayOf({kNumeric, 5, 2})));
  EXPECT_FALSE(HasOneForm(ArrayOf({kNumeric})));
  EXPECT_FALSE(HasOneForm(ArrayOf({kInterval})));
  EXPECT_FALSE(HasOneForm({kInterval}));
}

TEST(ArrayTest, ElementsGoFromOneArrayToAnother) {
  const DataType array = ArrayOf({kNumeric});
  const std::string cell = CellOf("{1.50,NULL,2}", {kNumeric});
  EXPECT_EQ(CountElements(cell, array), 3);
  ArrayElement element;
  ASSERT_TRUE(FindElement(cell, array, 1, &element));
  EXPECT_EQ(FormatDatum(DatumOf(element, array), {kNumeric}), "1.50");
  ASSERT_TRUE(FindElement(cell, array, 2, &element));
  EXPECT_TRUE(element.is_null());
  EXPECT_FALSE(FindElement(cell, array, 0, &element));
  EXPECT_FALSE(FindElement(cell, array, 4, &element));
  ArrayWriter writer(array);
  ArrayReader reader(cell, array);
  while (reader.Next(&element)) writer.Append(element);
  EXPECT_EQ(writer.Finish(), cell);
}

TEST(ArrayTest, KnowsBytesThatAreNoCell) {
  for (const auto& [text, element] : {std::pair<std::string, TypeKind>("{1,NULL}", kInteger),
                                      {"{a,NULL,\"long text beyond twelve bytes\"}", kText},
                                      {"{1.50,-2,NULL,0.00,1e20}", kNumeric},
                                      {"{1 mon,NULL}", kInterval},
                                      {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", kUuid},
                                      {"{t}", kBoolean}}) {
    const DataType array = ArrayOf({element});
    const std::string cell = CellOf(text, {element});
    EXPECT_TRUE(IsArrayCell(cell, array)) << text;
    EXPECT_FALSE(IsArrayCell(cell + '\3', array)) << text;
    // Whatever passes can be read.
    for (size_t at = 0; at < cell.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = cell;
        changed[at] = static_cast<char>(byte);
        if (IsArrayCell(changed, array)) EXPECT_FALSE(FormatArray(changed, array).empty());
      }
    }
  }
}

}  // namespace
}  // namespace freshet
