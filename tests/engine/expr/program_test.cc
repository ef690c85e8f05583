#include "engine/expr/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/columnar/column_builder.h"
#include "engine/expr/kernel_loops.h"

// The frame by itself: functions of these tests stand for those of engine/functions, which are tested there.

namespace freshet {
namespace {

using testing::ElementsAre;

constexpr DataType kBigint{TypeKind::kBigint};
constexpr DataType kBoolean{TypeKind::kBoolean};
constexpr DataType kText{TypeKind::kText};

int kernel_calls = 0;
uint32_t rows_seen = 0;

struct AddOrOverflow {
  static int64_t Apply(int64_t a, int64_t b, uint64_t& failed) {
    int64_t sum;
    failed |= -static_cast<uint64_t>(__builtin_add_overflow(a, b, &sum));
    return sum;
  }
  static CellError Reason(int64_t, int64_t) { return CellError::kOverflow; }
};

void AddKernel(KernelCall& call) {
  ++kernel_calls;
  CheckedBinaryLanes<int64_t, int64_t, int64_t, AddOrOverflow>(call);
}

// Fails for 0, and counts the rows that it is asked for.
void InverseKernel(KernelCall& call) {
  ++kernel_calls;
  ComputeRows<int64_t>(call, [&](uint32_t row) {
    ++rows_seen;
    int64_t value = call.argument(0).At<int64_t>(row);
    if (value == 0) call.Fail(row, CellError::kDivisionByZero);
    return value == 0 ? int64_t{0} : 100 / value;
  });
}

void TwiceKernel(KernelCall& call) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    std::string& text = call.scratch();
    text.append(call.argument(0).At<StringCell>(row).view());
    text.append(text);
    return call.TextOrFail(row, text);
  });
}

void IsPositiveKernel(KernelCall& call) {
  UnaryLanes<uint8_t, int64_t>(call, [](int64_t value) { return static_cast<uint8_t>(value > 0); });
}

const ScalarFunction kAdd{"+", {TypeKind::kBigint, TypeKind::kBigint}, TypeKind::kBigint, AddKernel, ""};
const ScalarFunction kInverse{"inverse", {TypeKind::kBigint}, TypeKind::kBigint, InverseKernel, ""};
const ScalarFunction kTwice{"twice", {TypeKind::kText}, TypeKind::kText, TwiceKernel, ""};
const ScalarFunction kIsPositive{"is_positive", {TypeKind::kBigint}, TypeKind::kBoolean, IsPositiveKernel, ""};

Column Numbers(const std::vector<Datum>& cells) {
  ColumnBuilder builder(kBigint);
  for (const Datum& cell : cells) AppendDatum(cell, builder);
  return builder.Finish();
}

Column Texts(const std::vector<Datum>& cells) {
  ColumnBuilder builder(kText);
  for (const Datum& cell : cells) AppendDatum(cell, builder);
  return builder.Finish();
}

std::vector<std::string> Cells(const Column& column) {
  std::vector<std::string> cells;
  for (uint32_t row = 0; row < column.size(); ++row) {
    cells.push_back(FormatDatum(DatumAt(column, row), column.type()));
  }
  return cells;
}

Datum Int(int64_t value) { return Datum::Int(value); }
Expression In(uint32_t column, DataType type = kBigint) { return Expression::Column(ColumnIndex(column), type); }
Expression Number(int64_t value) { return Expression::Literal(Int(value), kBigint); }
Expression Add(Expression a, Expression b) { return Expression::Call(kAdd, {std::move(a), std::move(b)}); }
Expression Inverse(Expression a) { return Expression::Call(kInverse, {std::move(a)}); }
Expression IsPositive(Expression a) { return Expression::Call(kIsPositive, {std::move(a)}); }

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    kernel_calls = 0;
    rows_seen = 0;
  }
};

TEST_F(ProgramTest, ABareColumnSharesItsMemory) {
  Column numbers = Numbers({Int(1), Datum::Null()});
  const DataType types[] = {kBigint};
  Program program(types, {In(0)});
  Column output = program.Evaluate(DeltaBatch(2, {numbers}))[0];
  EXPECT_EQ(output.values_buffer(), numbers.values_buffer());
  EXPECT_EQ(output.valid_buffer(), numbers.valid_buffer());
}

TEST_F(ProgramTest, NullAndErrorPassThroughStrictFunctions) {
  const DataType types[] = {kBigint, kBigint};
  Program program(types, {Add(In(0), In(1))});
  Column a = Numbers({Int(1), Datum::Null(), Datum::Error(CellError::kBadValue), Int(INT64_MAX), Datum::Null()});
  Column b = Numbers({Int(2), Int(2), Datum::Error(CellError::kTooLarge), Int(1), Datum::Error(CellError::kTooLarge)});
  EXPECT_THAT(Cells(program.Evaluate(DeltaBatch(5, {a, b}))[0]),
              ElementsAre("3", "NULL", "ERROR(BAD_VALUE)", "ERROR(NUMERIC_OUT_OF_RANGE)", "ERROR(VALUE_TOO_LARGE)"));
}

TEST_F(ProgramTest, CellsThatAreNoValuesHoldZero) {
  const DataType types[] = {kBigint};
  Program program(types, {Add(In(0), Number(7))});
  Column output = program.Evaluate(DeltaBatch(2, {Numbers({Datum::Null(), Int(1)})}))[0];
  EXPECT_EQ(output.values<int64_t>()[0], 0);
}

TEST_F(ProgramTest, ACommonSubexpressionIsComputedOnce) {
  const DataType types[] = {kBigint};
  Expression sum = Add(In(0), Number(1));
  Program program(types, {Add(sum, sum), sum});
  std::vector<Column> columns = program.Evaluate(DeltaBatch(1, {Numbers({Int(4)})}));
  EXPECT_THAT(Cells(columns[0]), ElementsAre("10"));
  EXPECT_THAT(Cells(columns[1]), ElementsAre("5"));
  EXPECT_EQ(kernel_calls, 2);
}

TEST_F(ProgramTest, ACommonBranchIsComputedOnce) {
  const DataType types[] = {kBigint};
  Expression choice = Expression::Make(ExpressionKind::kCase, kBigint, {IsPositive(In(0)), Inverse(In(0)), Number(0)});
  Program program(types, {choice, Add(choice, Number(1))});
  std::vector<Column> columns = program.Evaluate(DeltaBatch(2, {Numbers({Int(4), Int(-1)})}));
  EXPECT_THAT(Cells(columns[0]), ElementsAre("25", "0"));
  EXPECT_THAT(Cells(columns[1]), ElementsAre("26", "1"));
  EXPECT_EQ(rows_seen, 1u);
}

TEST_F(ProgramTest, ConstantsAreComputedOnceAtTheStart) {
  const DataType types[] = {kBigint};
  Program program(types, {Add(Number(2), Add(Number(3), Number(4)))});
  EXPECT_EQ(kernel_calls, 2);
  EXPECT_THAT(Cells(program.Evaluate(DeltaBatch(3, {Numbers({Int(0), Int(0), Int(0)})}))[0]),
              ElementsAre("9", "9", "9"));
  EXPECT_THAT(Cells(program.Evaluate(DeltaBatch(1, {Numbers({Int(0)})}))[0]), ElementsAre("9"));
  EXPECT_EQ(kernel_calls, 2);
}

TEST_F(ProgramTest, AConstantMayBeAnError) {
  const DataType types[] = {kBigint};
  Program program(types, {Inverse(Number(0))});
  EXPECT_THAT(Cells(program.Evaluate(DeltaBatch(2, {Numbers({Int(0), Int(0)})}))[0]),
              ElementsAre("ERROR(DIVISION_BY_ZERO)", "ERROR(DIVISION_BY_ZERO)"));
}

TEST_F(ProgramTest, ABranchNotTakenRaisesNothingAndIsNotComputed) {
  const DataType types[] = {kBigint};
  Program program(types,
                  {Expression::Make(ExpressionKind::kCase, kBigint, {IsPositive(In(0)), Inverse(In(0)), Number(-1)})});
  Column input = Numbers({Int(0), Int(4), Datum::Null(), Datum::Error(CellError::kBadValue), Int(-3)});
  EXPECT_THAT(Cells(program.Evaluate(DeltaBatch(5, {input}))[0]),
              ElementsAre("-1", "25", "-1", "ERROR(BAD_VALUE)", "-1"));
  EXPECT_EQ(rows_seen, 1u);
}

TEST_F(ProgramTest, AndStopsWhereItIsDecided) {
  const DataType types[] = {kBigint, kBigint};
  Program program(types,
                  {Expression::Make(ExpressionKind::kAnd, kBoolean, {IsPositive(In(0)), IsPositive(Inverse(In(1)))})});
  Column a = Numbers({Int(1), Int(-1), Datum::Null(), Datum::Null(), Int(1)});
  Column b = Numbers({Int(5), Int(0), Int(0), Int(-1), Datum::Null()});
  EXPECT_THAT(Cells(program.Evaluate(DeltaBatch(5, {a, b}))[0]),
              ElementsAre("true", "false", "ERROR(DIVISION_BY_ZERO)", "false", "NULL"));
  EXPECT_EQ(rows_seen, 3u);
}

TEST_F(ProgramTest, CoalesceAndIfErrorComputeTheRestOnlyWhereNeeded) {
  const DataType types[] = {kBigint};
  Program program(types, {Expression::Make(ExpressionKind::kCoalesce, kBigint, {In(0), Inverse(Number(5))}),
                          Expression::Make(ExpressionKind::kIfError, kBigint, {Inverse(In(0)), Number(-7)})});
  std::vector<Column> columns =
      program.Evaluate(DeltaBatch(3, {Numbers({Int(0), Datum::Null(), Datum::Error(CellError::kBadValue)})}));
  EXPECT_THAT(Cells(columns[0]), ElementsAre("0", "20", "ERROR(BAD_VALUE)"));
  EXPECT_THAT(Cells(columns[1]), ElementsAre("-7", "NULL", "-7"));
}

TEST_F(ProgramTest, LongTextsLiveAsLongAsTheResult) {
  const DataType types[] = {kText};
  Column output;
  {
    Program program(types, {Expression::Call(kTwice, {In(0, kText)})});
    Column input = Texts({Datum::Text("ab"), Datum::Text("a text of more than twelve bytes"), Datum::Null()});
    output = program.Evaluate(DeltaBatch(3, {input}))[0];
  }
  EXPECT_THAT(Cells(output),
              ElementsAre("abab", "a text of more than twelve bytesa text of more than twelve bytes", "NULL"));
}

TEST_F(ProgramTest, ATextAboveTheLimitIsAnError) {
  const DataType types[] = {kText};
  Program program(types, {Expression::Call(kTwice, {In(0, kText)})});
  Column output = program.Evaluate(DeltaBatch(1, {Texts({Datum::Text(std::string(kMaxTextBytes / 2 + 1, 'x'))})}))[0];
  EXPECT_EQ(output.ErrorAt(0), CellError::kTooLarge);
}

TEST_F(ProgramTest, OutputsStayWhenTheProgramRunsAgain) {
  const DataType types[] = {kBigint};
  Program program(types, {Add(Add(In(0), Number(1)), Number(1))});
  Column first = program.Evaluate(DeltaBatch(2, {Numbers({Int(1), Datum::Null()})}))[0];
  Column second = program.Evaluate(DeltaBatch(2, {Numbers({Int(10), Int(20)})}))[0];
  EXPECT_THAT(Cells(first), ElementsAre("3", "NULL"));
  EXPECT_THAT(Cells(second), ElementsAre("12", "22"));
}

TEST_F(ProgramTest, TheSameOutputMayBeAskedForTwice) {
  const DataType types[] = {kBigint};
  Program program(types, {Add(In(0), Number(1)), Add(In(0), Number(1))});
  std::vector<Column> columns = program.Evaluate(DeltaBatch(1, {Numbers({Int(1)})}));
  EXPECT_THAT(Cells(columns[0]), ElementsAre("2"));
  EXPECT_THAT(Cells(columns[1]), ElementsAre("2"));
}

TEST_F(ProgramTest, FiveHundredLevelsAreFine) {
  const DataType types[] = {kBigint};
  Expression sum = In(0);
  Expression choice = In(0);
  for (int level = 0; level < 500; ++level) {
    sum = Add(std::move(sum), Number(1));
    choice = Expression::Make(ExpressionKind::kCase, kBigint, {IsPositive(In(0)), std::move(choice), Inverse(In(0))});
  }
  Program program(types, {sum, choice});
  std::vector<Column> columns = program.Evaluate(DeltaBatch(2, {Numbers({Int(1), Int(-2)})}));
  EXPECT_THAT(Cells(columns[0]), ElementsAre("501", "498"));
  EXPECT_THAT(Cells(columns[1]), ElementsAre("1", "-50"));
}

TEST_F(ProgramTest, BatchesOfAnySize) {
  const DataType types[] = {kBigint};
  Program program(types, {Add(In(0), Number(1))});
  for (uint32_t size : {0u, 1u, 63u, 64u, 65u, kBatchRows, 5000u, 2u}) {
    std::vector<Datum> cells;
    for (uint32_t row = 0; row < size; ++row) cells.push_back(row % 3 == 0 ? Datum::Null() : Int(row));
    Column output = program.Evaluate(DeltaBatch(size, {Numbers(cells)}))[0];
    ASSERT_EQ(output.size(), size);
    for (uint32_t row = 0; row < size; ++row) {
      ASSERT_EQ(DatumAt(output, row), row % 3 == 0 ? Datum::Null() : Int(row + 1)) << row << " of " << size;
    }
  }
}

TEST_F(ProgramTest, SelectSeparatesTrueRowsAndErrors) {
  const DataType types[] = {kBigint};
  Program program(types, {IsPositive(In(0))});
  std::vector<uint32_t> rows = {99};
  std::vector<std::pair<uint32_t, CellError>> errors;
  program.Select(DeltaBatch(4, {Numbers({Int(1), Datum::Error(CellError::kBadValue), Datum::Null(), Int(2)})}), &rows,
                 &errors);
  EXPECT_THAT(rows, ElementsAre(0, 3));
  EXPECT_THAT(errors, ElementsAre(std::pair(1u, CellError::kBadValue)));
}

TEST_F(ProgramTest, SelectByAConstant) {
  const DataType types[] = {kBigint};
  DeltaBatch batch(2, {Numbers({Int(1), Int(2)})});
  std::vector<uint32_t> rows;
  Program(types, {Expression::Literal(Datum::Bool(true), kBoolean)}).Select(batch, &rows);
  EXPECT_THAT(rows, ElementsAre(0, 1));
  Program(types, {Expression::Literal(Datum::Null(), kBoolean)}).Select(batch, &rows);
  EXPECT_THAT(rows, ElementsAre());
}

TEST(FormatExpressionTest, ReadsLikeSql) {
  Expression compare =
      Expression::Make(ExpressionKind::kAnd, kBoolean,
                       {IsPositive(Add(In(0), Number(1))),
                        Expression::Make(ExpressionKind::kIsDistinctFrom, kBoolean,
                                         {In(1, kText), Expression::Literal(Datum::Text("it's"), kText)})});
  EXPECT_EQ(FormatExpression(compare), "(is_positive((#0 + 1)) and (#1 is distinct from 'it''s'))");
}

void EqualsKernel(KernelCall& call) {
  ++kernel_calls;
  BinaryLanes<uint8_t, int64_t, int64_t>(call, [](int64_t a, int64_t b) { return static_cast<uint8_t>(a == b); });
}

TEST_F(ProgramTest, ManyEqualitiesOfOneValueAreOneSearch) {
  const ScalarFunction equals{"=", {TypeKind::kBigint, TypeKind::kBigint}, TypeKind::kBoolean, EqualsKernel, ""};
  for (const auto& [constants, comparisons] : {std::pair(7, 7), std::pair(8, 0), std::pair(1000, 0)}) {
    std::vector<Expression> equalities;
    for (int64_t i = 0; i < constants; ++i) {
      equalities.push_back(Expression::Call(
          equals, {Expression::Column(ColumnIndex(0), kBigint), Expression::Literal(Datum::Int(i * 3), kBigint)}));
    }
    Program program(std::vector{kBigint}, {Expression::Make(ExpressionKind::kOr, kBoolean, equalities)});
    ColumnBuilder values(kBigint);
    for (int64_t value : {0, 1, 3, 18, -3}) values.Append<int64_t>(value);
    values.AppendNull();
    kernel_calls = 0;
    Column found = program.Evaluate(DeltaBatch(6, {values.Finish()}))[0];
    EXPECT_EQ(kernel_calls, comparisons);
    EXPECT_THAT(std::vector<uint8_t>(found.values<uint8_t>(), found.values<uint8_t>() + 5), ElementsAre(1, 0, 1, 1, 0));
    EXPECT_FALSE(found.IsValue(5));
  }
}

}  // namespace
}  // namespace freshet
