#include "engine/operators/flat_map.h"

#include <gtest/gtest.h>

#include "engine/functions/table/table_function_list.h"
#include "tests/engine/operators/operator_harness.h"

namespace freshet {
namespace {

const Schema kLines = {{"id", {TypeKind::kBigint}}, {"line", {TypeKind::kText}}};
const Schema kWords = {{"id", {TypeKind::kBigint}}, {"word", {TypeKind::kText}}};

std::unique_ptr<Operator> WordsOf(ErrorCounter* errors = nullptr) {
  const TableFunction* words = FindTableFunction("words", std::vector<TypeKind>{TypeKind::kText});
  return std::make_unique<FlatMap>(TypesOf(kLines), *words,
                                   std::vector<Expression>{Expression::Column(ColumnIndex(1), {TypeKind::kText})},
                                   std::vector<ColumnIndex>{ColumnIndex(0)}, errors);
}

TEST(FlatMapTest, GivesARowForEachWordWithTheWeightOfItsLine) {
  CountingErrors errors;
  for (size_t budget : {1, 2, 3, 1000}) {
    OperatorHarness words(WordsOf(&errors), budget);
    words.Push(0, Batch("+1 | 1 | In the beginning\n"
                        "-2 | 2 | the extraordinarily-longwordthatisnotinline the\n"
                        "+1 | 3 | ...\n"
                        "+1 | 4 | NULL\n"
                        "+1 | 5 | ERROR(BAD_VALUE)\n"
                        "+1 | 6 | end",
                        kLines));
    EXPECT_EQ(words.TakeOutput().Format(kWords),
              Sorted("+1 | 1 | In\n+1 | 1 | the\n+1 | 1 | beginning\n-4 | 2 | the\n-2 | 2 | extraordinarily\n"
                     "-2 | 2 | longwordthatisnotinline\n+1 | 6 | end",
                     kWords));
    EXPECT_LE(words.largest_step(), budget);
  }
  EXPECT_EQ(errors.Of(CellError::kBadValue), 4);
}

TEST(FlatMapTest, StopsWithinOneRowAndGoesOn) {
  const Schema input = {{"n", {TypeKind::kBigint}}};
  const Schema output = {{"i", {TypeKind::kBigint}}};
  const TableFunction* series =
      FindTableFunction("generate_series", std::vector<TypeKind>{TypeKind::kBigint, TypeKind::kBigint});
  OperatorHarness count(
      std::make_unique<FlatMap>(TypesOf(input), *series,
                                std::vector<Expression>{Expression::Literal(Datum::Int(1), {TypeKind::kBigint}),
                                                        Expression::Column(ColumnIndex(0), {TypeKind::kBigint})},
                                std::vector<ColumnIndex>{}, nullptr),
      10'000);
  count.Push(0, Batch("+1 | 100000\n+1 | 0\n+1 | 2", input));
  const ZSet rows = count.TakeOutput();
  EXPECT_EQ(rows.rows().size(), 100'000u);
  EXPECT_EQ(rows.rows().at({Datum::Int(1)}), 2);
  EXPECT_EQ(rows.rows().at({Datum::Int(100'000)}), 1);
  EXPECT_LE(count.largest_step(), 10'000u);
  EXPECT_GE(count.resumes(), 9u);
}

TEST(FlatMapTest, HoldsNoHeapOfABatchThatGaveNothing) {
  OperatorHarness words(WordsOf());
  words.Push(0, Batch("+1 | 1 | ................................", kLines));
  words.Push(0, Batch("+1 | 2 | one", kLines));
  EXPECT_TRUE(words.TakeBatches().at(0).column(ColumnIndex(1)).heaps().empty());
}

}  // namespace
}  // namespace freshet
