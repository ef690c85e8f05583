// Binds and computes the expressions of expression_cases.txt, and compares with PostgreSQL's answers.
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/str_cat.h"
#include "engine/expr/program.h"
#include "server/sql/bind/bind_expression.h"

namespace freshet {
namespace {

constexpr char kCases[] = "tests/server/sql/expression_cases.txt";

// The row of make_expression_cases.py.
const Schema kSchema = {{"s", DataType{TypeKind::kText}},   {"i", DataType{TypeKind::kInteger}},
                        {"e", DataType{TypeKind::kText}},   {"f", DataType{TypeKind::kBoolean}},
                        {"p", DataType{TypeKind::kText}},   {"n", DataType{TypeKind::kNumeric}},
                        {"z", DataType{TypeKind::kInteger}}};
constexpr const char* kValues[] = {"Hello World", "7", nullptr, "true", "a%b_c!d", "2.50", nullptr};

DeltaBatch TestRow() {
  std::vector<Column> columns;
  for (size_t i = 0; i < kSchema.size(); ++i) {
    ColumnBuilder builder(kSchema[i].type, 1);
    AppendDatum(kValues[i] == nullptr ? Datum::Null() : ParseDatum(kValues[i], kSchema[i].type).value(), builder);
    columns.push_back(builder.Finish());
  }
  return DeltaBatch(1, columns);
}

// The answer as PostgreSQL writes it; what cannot be bound or computed is ERROR.
std::string Compute(const std::string& text) {
  v1::Expression expression;
  expression.set_sql(text);
  ProblemList problems;
  auto bound = BindExpression(expression, ScopeOf(kSchema), "x", problems);
  if (!bound) {
    const auto& problem = problems.entries()[0].problem;
    // Only values of literals are refused where PostgreSQL computes: all else must be bound.
    return problem.code() == "INVALID_LITERAL" ? "ERROR" : StrCat("REFUSED ", problem.code(), " ", problem.message());
  }
  std::vector<DataType> types;
  for (const Field& field : kSchema) types.push_back(field.type);
  Column result = Program(types, {*bound}).Evaluate(TestRow())[0];
  Datum value = DatumAt(result, 0);
  if (result.IsError(0)) return "ERROR";
  return value.is_null() ? "NULL" : FormatDatum(value, result.type());
}

TEST(ExpressionCasesTest, AnswersAreThoseOfPostgres) {
  std::ifstream file(kCases);
  ASSERT_TRUE(file.is_open());
  int count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    size_t tab = line.find('\t');
    ASSERT_NE(tab, std::string::npos) << line;
    EXPECT_EQ(Compute(line.substr(0, tab)), line.substr(tab + 1)) << line;
    ++count;
  }
  EXPECT_GT(count, 80);
}

}  // namespace
}  // namespace freshet
