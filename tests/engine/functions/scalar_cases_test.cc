// Runs the calls of scalar_cases.txt and compares with PostgreSQL's answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "engine/expr/program.h"
#include "engine/functions/function_list.h"

namespace freshet {
namespace {

constexpr const char* kCases = "tests/engine/functions/scalar_cases.txt";

struct Cell {
  DataType type;
  Datum value;
};

Cell ReadCell(const std::string& text) {
  size_t end = text.find(' ');
  Cell cell;
  cell.type = ParseTypeName(text.substr(0, end)).value();
  std::string value = text.substr(end + 1);
  if (value == "NULL") return cell;
  constexpr CellError kErrors[] = {CellError::kOverflow, CellError::kDivisionByZero, CellError::kInvalidText,
                                   CellError::kInvalidArgument};
  for (CellError error : kErrors) {
    if (value != "ERROR(" + std::string(CellErrorCode(error)) + ")") continue;
    cell.value = Datum::Error(error);
    return cell;
  }
  absl::StatusOr<Datum> datum = ParseDatum(value, cell.type);
  EXPECT_TRUE(datum.ok()) << text << ": " << datum.status();
  if (datum.ok()) cell.value = *datum;
  return cell;
}

std::vector<std::string> SplitFields(const std::string& line) {
  std::vector<std::string> fields;
  size_t begin = 0;
  for (size_t end; (end = line.find('\t', begin)) != std::string::npos; begin = end + 1) {
    fields.push_back(line.substr(begin, end - begin));
  }
  fields.push_back(line.substr(begin));
  return fields;
}

struct Case {
  std::string line;
  const ScalarFunction* function = nullptr;
  std::vector<Cell> arguments;
  Cell answer;
};

Case ReadCase(const std::string& line) {
  std::vector<std::string> fields = SplitFields(line);
  Case result;
  result.line = line;
  std::vector<TypeKind> kinds;
  for (size_t i = 1; i + 1 < fields.size(); ++i) {
    result.arguments.push_back(ReadCell(fields[i]));
    kinds.push_back(result.arguments.back().type.kind);
  }
  result.answer = ReadCell(fields.back());
  result.function =
      fields[0] == "cast" ? FindCast(kinds[0], result.answer.type.kind) : FindScalarFunction(fields[0], kinds);
  return result;
}

std::vector<Case> ReadCases() {
  std::ifstream file(kCases);
  EXPECT_TRUE(file.is_open()) << kCases;
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') cases.push_back(ReadCase(line));
  }
  return cases;
}

// How the arguments are given: as columns, of which row 1 is NULL, or as literals.
enum class Form { kLiterals, kColumns, kFirstLiteral, kLastLiteral };

std::string Answer(const Case& test, Form form) {
  std::vector<DataType> types;
  std::vector<Column> columns;
  std::vector<Expression> arguments;
  for (size_t i = 0; i < test.arguments.size(); ++i) {
    const Cell& cell = test.arguments[i];
    bool literal = form == Form::kLiterals || (form == Form::kFirstLiteral && i == 0) ||
                   (form == Form::kLastLiteral && i + 1 == test.arguments.size());
    ColumnBuilder builder(cell.type, 3);
    AppendDatum(cell.value, builder);
    builder.AppendNull();
    AppendDatum(cell.value, builder);
    arguments.push_back(literal ? Expression::Literal(cell.value, cell.type)
                                : Expression::Column(ColumnIndex(static_cast<uint32_t>(i)), cell.type));
    types.push_back(cell.type);
    columns.push_back(builder.Finish());
  }
  Program program(types, {Expression::Call(*test.function, test.answer.type, arguments)});
  Column result = program.Evaluate(DeltaBatch(3, columns))[0];
  EXPECT_EQ(result.type(), test.answer.type);
  if (form == Form::kColumns && test.function->strict) EXPECT_TRUE(result.IsNull(1));
  EXPECT_EQ(DatumAt(result, 0), DatumAt(result, 2));
  return FormatDatum(DatumAt(result, 2), test.answer.type);
}

TEST(ScalarCasesTest, AnswersAreThoseOfPostgres) {
  std::vector<Case> cases = ReadCases();
  ASSERT_GT(cases.size(), 1000u);
  for (const Case& test : cases) {
    ASSERT_NE(test.function, nullptr) << test.line;
    std::string expected = FormatDatum(test.answer.value, test.answer.type);
    EXPECT_EQ(Answer(test, Form::kLiterals), expected) << "literals: " << test.line;
    EXPECT_EQ(Answer(test, Form::kColumns), expected) << "columns: " << test.line;
    EXPECT_EQ(Answer(test, Form::kFirstLiteral), expected) << "first literal: " << test.line;
    EXPECT_EQ(Answer(test, Form::kLastLiteral), expected) << "last literal: " << test.line;
  }
}

}  // namespace
}  // namespace freshet
