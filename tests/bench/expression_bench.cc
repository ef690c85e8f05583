// Expressions: nanoseconds a row (items) and operation. The aim of ENGINE.md's section 3: at most 3 ns a row and
// operation for filters and arithmetic, well below 1 us for a batch of one row.
#include <benchmark/benchmark.h>

#include "engine/expr/program.h"
#include "engine/functions/function_list.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint};
constexpr DataType kBoolean{TypeKind::kBoolean};
constexpr DataType kDouble{TypeKind::kDouble};
constexpr DataType kInteger{TypeKind::kInteger};
constexpr DataType kNumeric{TypeKind::kNumeric};
constexpr DataType kText{TypeKind::kText};

// Columns: 0 bigint, 1 bigint, 2 double, 3 double, 4 integer, 5 integer, 6 numeric, 7 numeric, 8 text, 9 bigint with
// NULLs.
const std::vector<DataType> kTypes = {kBigint,  kBigint,  kDouble,  kDouble, kInteger,
                                      kInteger, kNumeric, kNumeric, kText,   kBigint};

Datum CellOf(size_t column, uint64_t random) {
  int64_t number = static_cast<int64_t>(random % 1000) + 1;
  switch (kTypes[column].kind) {
    case TypeKind::kDouble:
      return Datum::Double(static_cast<double>(number) / 7);
    case TypeKind::kNumeric:
      return Datum::Decimal(Numeric::Make(number * 13, 2));
    case TypeKind::kText:
      return Datum::Text("customer number " + std::to_string(number));
    default:
      return column == 9 && random % 5 == 0 ? Datum::Null() : Datum::Int(number);
  }
}

DeltaBatch MakeBatch(uint32_t rows) {
  std::vector<Column> columns;
  uint64_t state = 7;
  for (size_t column = 0; column < kTypes.size(); ++column) {
    ColumnBuilder builder(kTypes[column]);
    for (uint32_t row = 0; row < rows; ++row) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      AppendDatum(CellOf(column, state >> 33), builder);
    }
    columns.push_back(builder.Finish());
  }
  return DeltaBatch(rows, std::move(columns));
}

Expression In(uint32_t column) { return Expression::Column(ColumnIndex(column), kTypes[column]); }
Expression Number(int64_t value, DataType type = kBigint) { return Expression::Literal(Datum::Int(value), type); }
Expression Amount(int64_t value) { return Expression::Literal(Datum::Decimal(Numeric::Make(value, 0)), kNumeric); }
Expression Words(std::string text) { return Expression::Literal(Datum::Text(std::move(text)), kText); }

Expression Call(std::string_view name, std::vector<Expression> arguments) {
  std::vector<TypeKind> kinds;
  for (const Expression& argument : arguments) kinds.push_back(argument.type.kind);
  const ScalarFunction* function = FindScalarFunction(name, kinds);
  CHECK(function != nullptr) << std::string(name);
  return Expression::Call(*function, std::move(arguments));
}

Expression Make(ExpressionKind kind, DataType type, std::vector<Expression> arguments) {
  return Expression::Make(kind, type, std::move(arguments));
}

template <typename MakeConstant>
Expression OneOf(const Expression& value, int64_t count, MakeConstant make) {
  std::vector<Expression> equalities;
  for (int64_t i = 0; i < count; ++i) equalities.push_back(Call("=", {value, make(i)}));
  return Make(ExpressionKind::kOr, kBoolean, std::move(equalities));
}

void Evaluate(benchmark::State& state, Expression expression, uint32_t rows = kBatchRows) {
  DeltaBatch batch = MakeBatch(rows);
  Program program(kTypes, {std::move(expression)});
  for (auto _ : state) benchmark::DoNotOptimize(program.Evaluate(batch));
  state.SetItemsProcessed(state.iterations() * rows);
}

void Select(benchmark::State& state, Expression expression, uint32_t rows = kBatchRows) {
  DeltaBatch batch = MakeBatch(rows);
  Program program(kTypes, {std::move(expression)});
  std::vector<uint32_t> selected;
  for (auto _ : state) {
    program.Select(batch, &selected);
    benchmark::DoNotOptimize(selected.data());
  }
  state.SetItemsProcessed(state.iterations() * rows);
}

Expression LessThan500(uint32_t column) { return Call("<", {In(column), Number(500, kTypes[column])}); }

// One operation each.
BENCHMARK_CAPTURE(Evaluate, add_bigint, Call("+", {In(0), In(1)}));
BENCHMARK_CAPTURE(Evaluate, add_bigint_constant, Call("+", {In(0), Number(1)}));
BENCHMARK_CAPTURE(Evaluate, add_bigint_nulls, Call("+", {In(0), In(9)}));
BENCHMARK_CAPTURE(Evaluate, multiply_bigint, Call("*", {In(0), In(1)}));
BENCHMARK_CAPTURE(Evaluate, divide_bigint, Call("/", {In(0), In(1)}));
BENCHMARK_CAPTURE(Evaluate, add_integer, Call("+", {In(4), In(5)}));
BENCHMARK_CAPTURE(Evaluate, multiply_integer, Call("*", {In(4), In(5)}));
BENCHMARK_CAPTURE(Evaluate, multiply_double, Call("*", {In(2), In(3)}));
BENCHMARK_CAPTURE(Evaluate, divide_double, Call("/", {In(2), In(3)}));
BENCHMARK_CAPTURE(Evaluate, less_bigint, Call("<", {In(0), In(1)}));
BENCHMARK_CAPTURE(Evaluate, less_double, Call("<", {In(2), In(3)}));
BENCHMARK_CAPTURE(Evaluate, cast_integer_to_double,
                  Expression::Call(*FindCast(TypeKind::kInteger, TypeKind::kDouble), {In(4)}));
BENCHMARK_CAPTURE(Evaluate, case_cheap, Make(ExpressionKind::kCase, kBigint, {LessThan500(0), In(0), In(1)}));
BENCHMARK_CAPTURE(Evaluate, coalesce, Make(ExpressionKind::kCoalesce, kBigint, {In(9), In(1)}));
BENCHMARK_CAPTURE(Evaluate, add_numeric, Call("+", {In(6), In(7)}));
BENCHMARK_CAPTURE(Evaluate, multiply_numeric, Call("*", {In(6), In(7)}));
BENCHMARK_CAPTURE(Evaluate, divide_numeric, Call("/", {In(6), In(7)}));
BENCHMARK_CAPTURE(Evaluate, add_numeric_constant, Call("+", {In(6), Amount(500)}));
BENCHMARK_CAPTURE(Evaluate, less_numeric, Call("<", {In(6), In(7)}));
BENCHMARK_CAPTURE(Evaluate, equal_text, Call("=", {In(8), Words("customer number 7")}));
BENCHMARK_CAPTURE(Evaluate, bigint_in_100, OneOf(In(0), 100, [](int64_t i) { return Number(i * 10); }));
BENCHMARK_CAPTURE(Evaluate, text_in_100,
                  OneOf(In(8), 100, [](int64_t i) { return Words("customer number " + std::to_string(i * 7)); }));
BENCHMARK_CAPTURE(Evaluate, like_prefix, Call("~~", {In(8), Words("customer%")}));
BENCHMARK_CAPTURE(Evaluate, like_infix, Call("~~", {In(8), Words("%ber 7%")}));
BENCHMARK_CAPTURE(Evaluate, upper, Call("upper", {In(8)}));
BENCHMARK_CAPTURE(Evaluate, substring, Call("substring", {In(8), Number(3, kInteger), Number(5, kInteger)}));
// Filters: comparison, selection of rows.
BENCHMARK_CAPTURE(Select, less_bigint, LessThan500(0));
BENCHMARK_CAPTURE(Select, less_bigint_nulls, LessThan500(9));
BENCHMARK_CAPTURE(Select, less_numeric, Call("<", {In(6), Amount(65)}));
BENCHMARK_CAPTURE(Select, and_of_two, Make(ExpressionKind::kAnd, kBoolean, {LessThan500(0), LessThan500(1)}));
BENCHMARK_CAPTURE(Select, or_of_two_nulls, Make(ExpressionKind::kOr, kBoolean, {LessThan500(0), LessThan500(9)}));
// Three operations: (a + b) * 2 - a.
BENCHMARK_CAPTURE(Evaluate, three_operations, Call("-", {Call("*", {Call("+", {In(0), In(1)}), Number(2)}), In(0)}));
// A batch of one row: the time of the whole call.
BENCHMARK_CAPTURE(Evaluate, one_row_add, Call("+", {In(0), In(1)}), 1);
BENCHMARK_CAPTURE(Evaluate, one_row_three_operations,
                  Call("-", {Call("*", {Call("+", {In(0), In(1)}), Number(2)}), In(0)}), 1);
BENCHMARK_CAPTURE(Select, one_row_and, Make(ExpressionKind::kAnd, kBoolean, {LessThan500(0), LessThan500(1)}), 1);
BENCHMARK_CAPTURE(Evaluate, one_row_upper, Call("upper", {In(8)}), 1);

}  // namespace
}  // namespace freshet
