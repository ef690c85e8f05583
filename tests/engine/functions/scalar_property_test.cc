// Random expressions over random cells (values, NULL, ERROR): the program's answers are those of a naive interpreter,
// written row by row over Datum from the meaning of SQL alone.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "engine/expr/program.h"
#include "engine/functions/function_list.h"

namespace freshet {
namespace {

using Random = std::mt19937_64;

const std::vector<DataType> kColumns = {
    {TypeKind::kBigint}, {TypeKind::kBigint},  {TypeKind::kInteger}, {TypeKind::kInteger}, {TypeKind::kSmallint},
    {TypeKind::kDouble}, {TypeKind::kDouble},  {TypeKind::kBoolean}, {TypeKind::kBoolean}, {TypeKind::kText},
    {TypeKind::kText},   {TypeKind::kNumeric}, {TypeKind::kNumeric}, {TypeKind::kDate},    {TypeKind::kSmallint},
};

bool IsWhole(TypeKind kind) {
  return kind == TypeKind::kBigint || kind == TypeKind::kInteger || kind == TypeKind::kSmallint;
}

int64_t LeastOf(TypeKind kind) {
  return kind == TypeKind::kBigint     ? std::numeric_limits<int64_t>::min()
         : kind == TypeKind::kSmallint ? std::numeric_limits<int16_t>::min()
                                       : std::numeric_limits<int32_t>::min();
}
int64_t GreatestOf(TypeKind kind) { return -(LeastOf(kind) + 1); }

Datum RandomValue(Random& random, TypeKind kind) {
  auto pick = [&](uint64_t bound) { return random() % bound; };
  switch (kind) {
    case TypeKind::kBoolean:
      return Datum::Bool(pick(2) != 0);
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
      if (pick(8) == 0) return Datum::Int(pick(2) != 0 ? LeastOf(kind) : GreatestOf(kind));
      return Datum::Int(static_cast<int64_t>(pick(7)) - 3);
    case TypeKind::kDouble: {
      constexpr double kOdd[] = {0.0, -0.0, 1e300, -1e300, 2.5, 0.1};
      if (pick(4) == 0) return Datum::Double(kOdd[pick(6)]);
      if (pick(12) == 0) return Datum::Double(std::numeric_limits<double>::quiet_NaN());
      return Datum::Double(static_cast<double>(pick(9)) - 4);
    }
    case TypeKind::kNumeric:
      return Datum::Decimal(Numeric::Make(static_cast<int64_t>(pick(2000)) - 1000, static_cast<int32_t>(pick(4))));
    case TypeKind::kText: {
      std::string text;
      for (uint64_t length = pick(20); length > 0; --length) text.push_back(static_cast<char>('a' + pick(3)));
      return Datum::Text(text);
    }
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kTime:
      return Datum::Int(static_cast<int64_t>(pick(5)));
    case TypeKind::kReal:
      return Datum::Double(static_cast<double>(pick(5)) / 2);
    case TypeKind::kBytea:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
      break;  // no column has them
  }
  __builtin_unreachable();
}

Datum RandomCell(Random& random, TypeKind kind) {
  uint64_t choice = random() % 20;
  if (choice < 3) return Datum::Null();
  if (choice == 3) return Datum::Error(random() % 2 != 0 ? CellError::kBadValue : CellError::kInvalidArgument);
  return RandomValue(random, kind);
}

// --- The expressions -------------------------------------------------------------------------------------------------

class ExpressionMaker {
 public:
  explicit ExpressionMaker(Random& random) : random_(random) {}

  Expression Make(TypeKind kind, int depth) {
    if (depth == 0 || Pick(6) == 0) return Leaf(kind);
    switch (Pick(6)) {
      case 0:
        return Case(kind, depth);
      case 1:
        return Expression::Make(ExpressionKind::kCoalesce, {kind}, Several(kind, depth));
      case 2:
        return Expression::Make(Pick(2) != 0 ? ExpressionKind::kNullIf : ExpressionKind::kIfError, {kind},
                                {Make(kind, depth - 1), Make(kind, depth - 1)});
      default:
        return Operation(kind, depth);
    }
  }

 private:
  uint64_t Pick(uint64_t bound) { return random_() % bound; }

  Expression Leaf(TypeKind kind) {
    std::vector<uint32_t> columns;
    for (uint32_t i = 0; i < kColumns.size(); ++i) {
      if (kColumns[i].kind == kind) columns.push_back(i);
    }
    if (columns.empty() || Pick(4) == 0) return Expression::Literal(RandomCell(random_, kind), {kind});
    uint32_t column = columns[Pick(columns.size())];
    return Expression::Column(ColumnIndex(column), {kind});
  }

  std::vector<Expression> Several(TypeKind kind, int depth) {
    std::vector<Expression> list;
    for (uint64_t i = 0, count = 2 + Pick(2); i < count; ++i) list.push_back(Make(kind, depth - 1));
    return list;
  }

  Expression Case(TypeKind kind, int depth) {
    std::vector<Expression> arguments;
    for (uint64_t i = 0, count = 1 + Pick(3); i < count; ++i) {
      arguments.push_back(Make(TypeKind::kBoolean, depth - 1));
      arguments.push_back(Make(kind, depth - 1));
    }
    arguments.push_back(Make(kind, depth - 1));
    return Expression::Make(ExpressionKind::kCase, {kind}, std::move(arguments));
  }

  Expression Call(std::string_view name, std::vector<Expression> arguments) {
    std::vector<TypeKind> kinds;
    for (const Expression& argument : arguments) kinds.push_back(argument.type.kind);
    const ScalarFunction* function = FindScalarFunction(name, kinds);
    CHECK(function != nullptr) << std::string(name);
    return Expression::Call(*function, std::move(arguments));
  }

  Expression Cast(TypeKind from, TypeKind to, int depth) {
    return Expression::Call(*FindCast(from, to), {Make(from, depth - 1)});
  }

  Expression Operation(TypeKind kind, int depth) {
    auto two = [&](TypeKind of) { return std::vector<Expression>{Make(of, depth - 1), Make(of, depth - 1)}; };
    constexpr std::string_view kArithmetic[] = {"+", "-", "*", "/", "%"};
    switch (kind) {
      case TypeKind::kBoolean:
        return BooleanOperation(depth);
      case TypeKind::kSmallint:
        if (Pick(3) == 0) return Cast(TypeKind::kBigint, kind, depth);
        return Call(kArithmetic[Pick(5)], two(kind));
      case TypeKind::kInteger:
        if (Pick(5) == 0) return Cast(Pick(2) != 0 ? TypeKind::kDouble : TypeKind::kText, kind, depth);
        if (Pick(5) == 0) return Call("length", {Make(TypeKind::kText, depth - 1)});
        return Call(kArithmetic[Pick(5)], two(kind));
      case TypeKind::kBigint:
        if (Pick(4) == 0) return Cast(TypeKind::kInteger, kind, depth);
        if (Pick(6) == 0) return Call("abs", {Make(kind, depth - 1)});
        return Call(kArithmetic[Pick(5)], two(kind));
      case TypeKind::kDouble:
        if (Pick(4) == 0) return Cast(TypeKind::kBigint, kind, depth);
        return Call(kArithmetic[Pick(4)], two(kind));
      case TypeKind::kNumeric:
        if (Pick(4) == 0) return Cast(TypeKind::kBigint, kind, depth);
        return Call(kArithmetic[Pick(2)], two(kind));
      case TypeKind::kText:
        if (Pick(4) == 0) return Cast(TypeKind::kBigint, kind, depth);
        if (Pick(3) == 0) return Call("left", {Make(kind, depth - 1), Make(TypeKind::kInteger, 0)});
        if (Pick(3) == 0) return Call(Pick(2) != 0 ? "upper" : "reverse", {Make(kind, depth - 1)});
        if (Pick(3) == 0) return Call("concat", two(kind));
        return Call("||", two(kind));
      case TypeKind::kDate:
      case TypeKind::kTimestamp:
      case TypeKind::kTimestamptz:
        return Call("+", {Make(kind, depth - 1), Make(TypeKind::kInteger, depth - 1)});
      case TypeKind::kReal:
      case TypeKind::kTime:
      case TypeKind::kBytea:
      case TypeKind::kUuid:
      case TypeKind::kInterval:
      case TypeKind::kJsonb:
      case TypeKind::kArray:
        break;  // no column has them
    }
    __builtin_unreachable();
  }

  // x IN (constants): enough of them make a set.
  Expression OneOf(TypeKind kind, int depth) {
    const Expression value = Make(kind, depth - 1);
    std::vector<Expression> equalities;
    for (uint64_t i = 0, count = 6 + Pick(8); i < count; ++i) {
      const Datum constant = Pick(20) == 0 ? Datum::Null() : RandomValue(random_, kind);
      equalities.push_back(Call("=", {value, Expression::Literal(constant, {kind})}));
    }
    return Expression::Make(ExpressionKind::kOr, {TypeKind::kBoolean}, std::move(equalities));
  }

  Expression BooleanOperation(int depth) {
    constexpr std::string_view kComparisons[] = {"=", "<>", "<", "<=", ">", ">="};
    constexpr TypeKind kKinds[] = {TypeKind::kBigint,  TypeKind::kInteger, TypeKind::kDouble,   TypeKind::kText,
                                   TypeKind::kNumeric, TypeKind::kBoolean, TypeKind::kSmallint, TypeKind::kDate};
    TypeKind kind = kKinds[Pick(8)];
    DataType boolean{TypeKind::kBoolean};
    switch (Pick(7)) {
      case 0:
        return Expression::Make(ExpressionKind::kAnd, boolean, Several(boolean.kind, depth));
      case 1:
        return Expression::Make(ExpressionKind::kOr, boolean, Several(boolean.kind, depth));
      case 2:
        return Expression::Make(Pick(2) != 0 ? ExpressionKind::kNot : ExpressionKind::kIsNull, boolean,
                                {Make(boolean.kind, depth - 1)});
      case 3:
        return Expression::Make(ExpressionKind::kIsDistinctFrom, boolean,
                                {Make(kind, depth - 1), Make(kind, depth - 1)});
      case 4:
        return OneOf(kind, depth);
      default:
        return Call(kComparisons[Pick(6)], {Make(kind, depth - 1), Make(kind, depth - 1)});
    }
  }

  Random& random_;
};

// --- The interpreter -------------------------------------------------------------------------------------------------

class Interpreter {
 public:
  explicit Interpreter(const Row& row) : row_(row) {}

  Datum Evaluate(const Expression& expression) {
    const std::vector<Expression>& arguments = expression.arguments;
    switch (expression.kind) {
      case ExpressionKind::kColumn:
        return row_[expression.column.value()];
      case ExpressionKind::kLiteral:
        return expression.literal;
      case ExpressionKind::kCall:
        return Call(expression);
      case ExpressionKind::kAnd:
        return Logic(arguments, false);
      case ExpressionKind::kOr:
        return Logic(arguments, true);
      case ExpressionKind::kNot: {
        Datum value = Evaluate(arguments[0]);
        return value.is_value() ? Datum::Bool(!value.bool_value()) : value;
      }
      case ExpressionKind::kCase:
        return Case(arguments);
      case ExpressionKind::kCoalesce:
        for (const Expression& argument : arguments) {
          if (Datum value = Evaluate(argument); !value.is_null()) return value;
        }
        return Datum::Null();
      case ExpressionKind::kIfError: {
        Datum value = Evaluate(arguments[0]);
        return value.is_error() ? Evaluate(arguments[1]) : value;
      }
      case ExpressionKind::kNullIf: {
        Datum first = Evaluate(arguments[0]);
        Datum second = Evaluate(arguments[1]);
        if (first.is_error()) return first;
        if (second.is_error()) return second;
        return first == second ? Datum::Null() : first;
      }
      case ExpressionKind::kIsNull: {
        Datum value = Evaluate(arguments[0]);
        return value.is_error() ? value : Datum::Bool(value.is_null());
      }
      case ExpressionKind::kIsDistinctFrom: {
        Datum first = Evaluate(arguments[0]);
        Datum second = Evaluate(arguments[1]);
        if (first.is_error()) return first;
        if (second.is_error()) return second;
        return Datum::Bool(first != second);
      }
    }
    __builtin_unreachable();
  }

 private:
  Datum Logic(const std::vector<Expression>& arguments, bool deciding) {
    Datum error;
    bool any_null = false;
    for (const Expression& argument : arguments) {
      Datum value = Evaluate(argument);
      if (value.is_value() && value.bool_value() == deciding) return value;
      if (value.is_error() && !error.is_error()) error = value;
      any_null |= value.is_null();
    }
    if (error.is_error()) return error;
    return any_null ? Datum::Null() : Datum::Bool(!deciding);
  }

  Datum Case(const std::vector<Expression>& arguments) {
    for (size_t i = 0; i + 1 < arguments.size(); i += 2) {
      Datum condition = Evaluate(arguments[i]);
      if (condition.is_error()) return condition;
      if (condition.is_value() && condition.bool_value()) return Evaluate(arguments[i + 1]);
    }
    return Evaluate(arguments.back());
  }

  Datum Call(const Expression& expression) {
    std::vector<Datum> values;
    for (const Expression& argument : expression.arguments) values.push_back(Evaluate(argument));
    for (const Datum& value : values) {
      if (value.is_error()) return value;
    }
    const std::string name(expression.function->name);
    if (name == "concat") {
      auto text = [](const Datum& value) { return value.is_null() ? std::string() : value.text_value(); };
      return Datum::Text(text(values[0]) + text(values[1]));
    }
    for (const Datum& value : values) {
      if (value.is_null()) return value;
    }
    TypeKind kind = expression.arguments[0].type.kind;
    if (name == "cast") return Cast(values[0], kind, expression.type.kind);
    if (name == "length") return Datum::Int(static_cast<int64_t>(values[0].text_value().size()));
    if (name == "abs") return Whole(std::abs(int128{values[0].int_value()}), kind);
    if (kind == TypeKind::kText && expression.type.kind == TypeKind::kText) return Text(name, values);
    if (expression.type.kind == TypeKind::kBoolean) return Compare(name, values[0] <=> values[1]);
    if (kind == TypeKind::kDouble) return DoubleArithmetic(name, values[0].double_value(), values[1].double_value());
    if (kind == TypeKind::kNumeric)
      return NumericArithmetic(name, values[0].numeric_value(), values[1].numeric_value());
    return WholeArithmetic(name, values[0].int_value(), values[1].int_value(), expression.type.kind);
  }

  static Datum Whole(int128 value, TypeKind kind) {
    if (kind == TypeKind::kDate) kind = TypeKind::kInteger;
    if (value < LeastOf(kind) || value > GreatestOf(kind)) return Datum::Error(CellError::kOverflow);
    return Datum::Int(static_cast<int64_t>(value));
  }

  static Datum WholeArithmetic(const std::string& name, int128 a, int128 b, TypeKind kind) {
    if (name == "+") return Whole(a + b, kind);
    if (name == "-") return Whole(a - b, kind);
    if (name == "*") return Whole(a * b, kind);
    if (b == 0) return Datum::Error(CellError::kDivisionByZero);
    return Whole(name == "/" ? a / b : a % b, kind);
  }

  static Datum DoubleArithmetic(const std::string& name, double a, double b) {
    if (name == "/" && b == 0 && !std::isnan(a)) return Datum::Error(CellError::kDivisionByZero);
    double result = name == "+" ? a + b : name == "-" ? a - b : name == "*" ? a * b : a / b;
    if (std::isinf(result) && !std::isinf(a) && !std::isinf(b)) return Datum::Error(CellError::kOverflow);
    bool scales = name == "*" || name == "/";
    if (scales && result == 0 && a != 0 && !(name == "*" ? b == 0 : std::isinf(b))) {
      return Datum::Error(CellError::kOverflow);
    }
    return Datum::Double(result);
  }

  static Datum NumericArithmetic(const std::string& name, const Numeric& a, const Numeric& b) {
    int32_t scale = std::max(a.scale, b.scale);
    int128 x = RescaleNumeric(a, scale)->unscaled();
    int128 y = RescaleNumeric(b, scale)->unscaled();
    return Datum::Decimal(Numeric::Make(name == "+" ? x + y : x - y, scale));
  }

  static Datum Compare(const std::string& name, std::strong_ordering order) {
    return Datum::Bool(name == "="    ? order == 0
                       : name == "<>" ? order != 0
                       : name == "<"  ? order < 0
                       : name == "<=" ? order <= 0
                       : name == ">"  ? order > 0
                                      : order >= 0);
  }

  static Datum Text(const std::string& name, const std::vector<Datum>& values) {
    std::string text = values[0].text_value();
    if (name == "||") return Datum::Text(text + values[1].text_value());
    if (name == "reverse") return Datum::Text(std::string(text.rbegin(), text.rend()));
    if (name == "upper") {
      for (char& c : text) c = static_cast<char>(std::toupper(c));
      return Datum::Text(text);
    }
    CHECK(name == "left") << name;
    int64_t count = values[1].int_value();
    int64_t size = static_cast<int64_t>(text.size());
    return Datum::Text(text.substr(0, std::max<int64_t>(count < 0 ? size + count : std::min(count, size), 0)));
  }

  static Datum Cast(const Datum& value, TypeKind from, TypeKind to) {
    if (IsWhole(from) && IsWhole(to)) return Whole(value.int_value(), to);
    if (to == TypeKind::kDouble) return Datum::Double(static_cast<double>(value.int_value()));
    if (to == TypeKind::kNumeric) return Datum::Decimal(Numeric::Make(value.int_value(), 0));
    if (to == TypeKind::kText) return Datum::Text(std::to_string(value.int_value()));
    if (from == TypeKind::kDouble) {
      double whole = std::nearbyint(value.double_value());
      if (!(whole >= -0x1p31 && whole < 0x1p31)) return Datum::Error(CellError::kOverflow);
      return Datum::Int(static_cast<int64_t>(whole));
    }
    CHECK(from == TypeKind::kText && to == TypeKind::kInteger);
    absl::StatusOr<Datum> read = ParseDatum(value.text_value(), {TypeKind::kBigint});
    if (!read.ok()) return Datum::Error(CellError::kInvalidText);
    return Whole(read->int_value(), to);
  }

  const Row& row_;
};

// --- The test --------------------------------------------------------------------------------------------------------

std::vector<Row> RandomRows(Random& random, uint32_t count) {
  bool only_values = random() % 4 == 0;
  std::vector<Row> rows(count);
  for (Row& row : rows) {
    for (DataType type : kColumns) {
      row.push_back(only_values ? RandomValue(random, type.kind) : RandomCell(random, type.kind));
    }
  }
  return rows;
}

DeltaBatch BatchOfRows(const std::vector<Row>& rows) {
  std::vector<Column> columns;
  for (size_t i = 0; i < kColumns.size(); ++i) {
    ColumnBuilder builder(kColumns[i]);
    for (const Row& row : rows) AppendDatum(row[i], builder);
    columns.push_back(builder.Finish());
  }
  return DeltaBatch(static_cast<uint32_t>(rows.size()), std::move(columns));
}

// Says which cells differ; Datum's text tells 1.0 from 1.00.
void ExpectCells(const Column& column, const std::vector<Row>& rows, const Expression& expression) {
  for (uint32_t row = 0; row < rows.size(); ++row) {
    Datum expected = Interpreter(rows[row]).Evaluate(expression);
    Datum actual = DatumAt(column, row);
    ASSERT_TRUE(actual == expected && (expression.type.kind != TypeKind::kNumeric ||
                                       FormatDatum(actual, expression.type) == FormatDatum(expected, expression.type)))
        << FormatExpression(expression) << "\nrow " << row << " of " << rows.size() << ": " << actual << ", expected "
        << expected;
  }
}

class ScalarPropertyTest : public testing::TestWithParam<uint64_t> {};

TEST_P(ScalarPropertyTest, ProgramsAnswerAsTheInterpreter) {
  Random random(GetParam());
  constexpr TypeKind kKinds[] = {TypeKind::kBoolean, TypeKind::kBigint,  TypeKind::kInteger,  TypeKind::kDouble,
                                 TypeKind::kText,    TypeKind::kNumeric, TypeKind::kSmallint, TypeKind::kDate};
  for (int round = 0; round < 60; ++round) {
    std::vector<Expression> expressions;
    for (uint64_t i = 0, count = 1 + random() % 3; i < count; ++i) {
      expressions.push_back(ExpressionMaker(random).Make(kKinds[random() % 8], 1 + static_cast<int>(random() % 5)));
    }
    Program program(kColumns, expressions);
    for (uint32_t size : {1u, 5u, 64u, 100u, 0u, 3u}) {
      std::vector<Row> rows = RandomRows(random, size);
      std::vector<Column> columns = program.Evaluate(BatchOfRows(rows));
      ASSERT_EQ(columns.size(), expressions.size());
      for (size_t i = 0; i < expressions.size(); ++i) {
        ASSERT_EQ(columns[i].size(), size);
        ExpectCells(columns[i], rows, expressions[i]);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(ScalarPropertyTest, SelectGivesTheTrueRowsAndTheErrors) {
  Random random(GetParam() + 1000);
  for (int round = 0; round < 40; ++round) {
    Expression condition = ExpressionMaker(random).Make(TypeKind::kBoolean, 3);
    Program program(kColumns, {condition});
    for (uint32_t size : {70u, 1u, 0u}) {
      std::vector<Row> rows = RandomRows(random, size);
      std::vector<uint32_t> expected;
      std::vector<std::pair<uint32_t, CellError>> expected_errors;
      for (uint32_t row = 0; row < size; ++row) {
        Datum value = Interpreter(rows[row]).Evaluate(condition);
        if (value.is_error()) expected_errors.emplace_back(row, value.error());
        if (value.is_value() && value.bool_value()) expected.push_back(row);
      }
      std::vector<uint32_t> selected;
      std::vector<std::pair<uint32_t, CellError>> errors;
      program.Select(BatchOfRows(rows), &selected, &errors);
      EXPECT_EQ(selected, expected) << FormatExpression(condition);
      EXPECT_EQ(errors, expected_errors) << FormatExpression(condition);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ScalarPropertyTest, testing::Range<uint64_t>(1, 13));

}  // namespace
}  // namespace freshet
