#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "engine/columnar/text_form.h"
#include "engine/functions/table/table_function_list.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// All cells of a call, taken `limit` at a time.
std::vector<Datum> Call(std::string_view name, const std::vector<Datum>& arguments, uint32_t limit,
                        size_t at_most = 1000) {
  std::vector<TypeKind> types;
  std::vector<Column> columns;
  for (const Datum& argument : arguments) {
    types.push_back(name == "generate_series" ? TypeKind::kBigint : TypeKind::kText);
    ColumnBuilder builder{DataType{types.back()}};
    AppendDatum(argument, builder);
    columns.push_back(builder.Finish());
  }
  const TableFunction* function = FindTableFunction(name, types);
  EXPECT_NE(function, nullptr);
  std::vector<Datum> result;
  TableCursor cursor;
  while (!cursor.done && result.size() < at_most) {
    ColumnBuilder out{DataType{*function->result}};
    for (const Column& column : columns) {
      for (const BufferRef& heap : column.heaps()) out.AddHeap(heap);
    }
    function->kernel(columns, 0, limit, cursor, out);
    const Column column = out.Finish();
    EXPECT_LE(column.size(), limit);
    EXPECT_TRUE(column.size() > 0 || cursor.done);
    for (uint32_t i = 0; i < column.size(); ++i) result.push_back(DatumAt(column, i));
  }
  return result;
}

std::vector<std::string> Texts(std::string_view name, const std::vector<Datum>& arguments, uint32_t limit) {
  std::vector<std::string> texts;
  for (const Datum& datum : Call(name, arguments, limit)) texts.push_back(datum.text_value());
  return texts;
}

TEST(WordsTest, TakesRunsOfLettersAndDigits) {
  for (uint32_t limit : {1, 2, 100}) {
    EXPECT_THAT(Texts("words", {Datum::Text("  Fear not: 3 o'clock, for I am-with_thee!")}, limit),
                ElementsAre("Fear", "not", "3", "o", "clock", "for", "I", "am", "with", "thee"));
    EXPECT_THAT(Texts("words", {Datum::Text("naïve Ζεύς")}, limit), ElementsAre("naïve", "Ζεύς"));
    EXPECT_THAT(Texts("words", {Datum::Text("averyveryverylongword")}, limit), ElementsAre("averyveryverylongword"));
    EXPECT_THAT(Texts("words", {Datum::Text("")}, limit), IsEmpty());
    EXPECT_THAT(Texts("words", {Datum::Text(" .,")}, limit), IsEmpty());
  }
}

TEST(SplitTest, TakesTheFieldsBetweenDelimiters) {
  auto split = [](std::string text, std::string delimiter, uint32_t limit) {
    return Texts("split", {Datum::Text(std::move(text)), Datum::Text(std::move(delimiter))}, limit);
  };
  for (uint32_t limit : {1, 2, 100}) {
    EXPECT_THAT(split("a,b,,c", ",", limit), ElementsAre("a", "b", "", "c"));
    EXPECT_THAT(split(",", ",", limit), ElementsAre("", ""));
    EXPECT_THAT(split("a::b", "::", limit), ElementsAre("a", "b"));
    EXPECT_THAT(split("plain", ",", limit), ElementsAre("plain"));
    EXPECT_THAT(split("abc", "", limit), ElementsAre("abc"));
    EXPECT_THAT(split("", ",", limit), IsEmpty());
  }
}

TEST(GenerateSeriesTest, CountsUpToTheLastNumber) {
  EXPECT_THAT(Call("generate_series", {Datum::Int(-1), Datum::Int(2)}, 3),
              ElementsAre(Datum::Int(-1), Datum::Int(0), Datum::Int(1), Datum::Int(2)));
  EXPECT_THAT(Call("generate_series", {Datum::Int(2), Datum::Int(1)}, 3), IsEmpty());
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(Call("generate_series", {Datum::Int(kMax - 1), Datum::Int(kMax)}, 5),
              ElementsAre(Datum::Int(kMax - 1), Datum::Int(kMax)));
}

TEST(TableFunctionListTest, SignaturesAreUniqueAndDocumented) {
  std::set<std::pair<std::string_view, std::vector<TypeKind>>> seen;
  for (const TableFunction& function : TableFunctions()) {
    EXPECT_TRUE(seen.insert({function.name, function.arguments}).second) << function.name;
    EXPECT_FALSE(function.doc.empty());
    EXPECT_FALSE(function.column_name.empty());
    EXPECT_EQ(FindTableFunction(function.name, function.arguments), &function);
  }
  EXPECT_EQ(FindTableFunction("words", std::vector<TypeKind>{TypeKind::kBigint}), nullptr);
}

// The elements' texts of an array, `limit` at a time.
std::vector<std::string> Unnested(std::string_view text, DataType element, uint32_t limit) {
  const DataType array = ArrayOf(element);
  ColumnBuilder builder(array);
  AppendDatum(*ParseDatum(text, array), builder);
  const Column columns[] = {builder.Finish()};
  const TypeKind kinds[] = {TypeKind::kArray};
  const TableFunction* function = FindTableFunction("unnest", kinds);
  const DataType types[] = {array};
  EXPECT_EQ(ResultTypeOf(*function, types), element);
  std::vector<std::string> texts;
  for (TableCursor cursor; !cursor.done;) {
    ColumnBuilder out(element);
    function->kernel(columns, 0, limit, cursor, out);
    const Column column = out.Finish();
    EXPECT_LE(column.size(), limit);
    for (uint32_t i = 0; i < column.size(); ++i) texts.push_back(FormatDatum(DatumAt(column, i), element));
  }
  return texts;
}

TEST(UnnestTest, GivesTheElements) {
  for (uint32_t limit : {1, 2, 100}) {
    EXPECT_THAT(Unnested("{3,NULL,-1}", {TypeKind::kInteger}, limit), ElementsAre("3", "NULL", "-1"));
    EXPECT_THAT(Unnested("{a text beyond twelve bytes,\"\"}", {TypeKind::kText}, limit),
                ElementsAre("a text beyond twelve bytes", ""));
    EXPECT_THAT(Unnested("{1.50,2}", {TypeKind::kNumeric}, limit), ElementsAre("1.50", "2"));
    EXPECT_THAT(Unnested("{}", {TypeKind::kText}, limit), IsEmpty());
  }
}

}  // namespace
}  // namespace freshet
