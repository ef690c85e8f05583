// What PostgreSQL's answers do not show of text functions: limits, sharing of memory, odd bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/columnar/characters.h"
#include "engine/expr/kernel.h"
#include "engine/expr/program.h"
#include "engine/functions/function_list.h"
#include "engine/functions/scalar/letter_case.h"

namespace freshet {
namespace {

constexpr DataType kText{TypeKind::kText};
constexpr DataType kInteger{TypeKind::kInteger};

Column TextColumn(const std::string& text) {
  ColumnBuilder builder(kText, 1);
  builder.AppendString(text);
  return builder.Finish();
}

// The function of a text column and integer literals.
Column Call(std::string_view name, const Column& text, const std::vector<Datum>& others) {
  std::vector<TypeKind> kinds = {TypeKind::kText};
  std::vector<Expression> arguments = {Expression::Column(ColumnIndex(0), kText)};
  for (const Datum& datum : others) {
    kinds.push_back(TypeKind::kInteger);
    arguments.push_back(Expression::Literal(datum, kInteger));
  }
  const ScalarFunction* function = FindScalarFunction(name, kinds);
  CHECK(function != nullptr) << std::string(name);
  const DataType types[] = {kText};
  return Program(types, {Expression::Call(*function, arguments)}).Evaluate(DeltaBatch(text.size(), {text}))[0];
}

TEST(ScalarTextTest, ResultsAboveTheLimitAreErrors) {
  Column long_text = TextColumn(std::string(kMaxTextBytes / 2 + 1, 'x'));
  EXPECT_EQ(Call("repeat", long_text, {Datum::Int(2)}).ErrorAt(0), CellError::kTooLarge);
  EXPECT_EQ(Call("repeat", TextColumn("x"), {Datum::Int(INT32_MAX)}).ErrorAt(0), CellError::kTooLarge);
  EXPECT_EQ(Call("lpad", TextColumn("x"), {Datum::Int(INT32_MAX)}).ErrorAt(0), CellError::kTooLarge);
  EXPECT_EQ(Call("rpad", TextColumn("x"), {Datum::Int(INT32_MAX)}).ErrorAt(0), CellError::kTooLarge);
  EXPECT_EQ(Call("repeat", TextColumn(""), {Datum::Int(INT32_MAX)}).ErrorAt(0), CellError::kNone);
  EXPECT_TRUE(Call("repeat", TextColumn("x"), {Datum::Int(kMaxTextBytes)}).IsValue(0));
}

TEST(ScalarTextTest, PartsShareTheTextsMemory) {
  Column text = TextColumn("a text of more than twelve bytes");
  Column part = Call("left", text, {Datum::Int(20)});
  EXPECT_EQ(DatumAt(part, 0), Datum::Text("a text of more than "));
  EXPECT_EQ(part.values<StringCell>()[0].data(), text.values<StringCell>()[0].data());
  ASSERT_EQ(part.heaps().size(), 1u);
  EXPECT_EQ(part.heaps()[0], text.heaps()[0]);
}

TEST(ScalarTextTest, BytesThatAreNotUtf8AreWalkedOverSafely) {
  for (std::string bytes : {"\x80", "\xFF\xFE", "a\xC3", "\xE2\x82", "\xF0\x9F\x98\x80\x80", "\x80\x80\x80 abc"}) {
    EXPECT_TRUE(Call("upper", TextColumn(bytes), {}).IsValue(0));
    EXPECT_TRUE(Call("initcap", TextColumn(bytes), {}).IsValue(0));
    Column reversed = Call("reverse", TextColumn(bytes), {});
    EXPECT_EQ(DatumAt(reversed, 0).text_value().size(), bytes.size());
    EXPECT_TRUE(Call("btrim", TextColumn(bytes), {}).IsValue(0));
  }
}

TEST(LetterCaseTest, UpperAndLowerAreInverse) {
  int pairs = 0;
  for (char32_t character = 1; character < 0x2000; ++character) {
    char32_t lower = LowerCharacter(character);
    if (lower == character) continue;
    ++pairs;
    EXPECT_EQ(UpperCharacter(lower), character) << std::hex << static_cast<uint32_t>(character);
    EXPECT_EQ(LowerCharacter(lower), lower) << std::hex << static_cast<uint32_t>(character);
  }
  EXPECT_GT(pairs, 500);
}

TEST(Utf8Test, CharactersSurviveCodingAndDecoding) {
  for (char32_t character : {0x41u, 0xE4u, 0x20ACu, 0x1F600u, 0x10FFFFu}) {
    std::string text;
    AppendCharacter(character, &text);
    size_t bytes = 0;
    EXPECT_EQ(DecodeCharacter(text, &bytes), character);
    EXPECT_EQ(bytes, text.size());
    EXPECT_EQ(CountCharacters(text), 1);
  }
}

}  // namespace
}  // namespace freshet
