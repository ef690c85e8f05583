// A bound expression: every column, function and type is known. Made from the physical plan; compiled by Program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/columnar/datum.h"
#include "engine/columnar/types.h"
#include "engine/expr/scalar_function.h"

namespace freshet {

enum class ExpressionKind : uint8_t {
  kColumn,   // the input's column `column`
  kLiteral,  // `literal`
  kCall,     // `function`(arguments), arguments have exactly the function's types
  kAnd,      // SQL's three values; an ERROR or NULL beside FALSE is FALSE; arguments >= 2
  kOr,       // likewise with TRUE
  kNot,
  kCase,            // when, then, when, then, ..., else; only the branch taken is evaluated for a row
  kCoalesce,        // the first argument that is not NULL; later ones are evaluated only where needed
  kNullIf,          // NULL if both arguments are equal, else the first
  kIsNull,          // an ERROR stays ERROR
  kIsDistinctFrom,  // two arguments
  kIfError,         // the first argument, where it is ERROR the second
};

struct Expression {
  ExpressionKind kind = ExpressionKind::kLiteral;
  DataType type;
  ColumnIndex column;                        // kColumn
  Datum literal;                             // kLiteral
  const ScalarFunction* function = nullptr;  // kCall
  std::vector<Expression> arguments;

  static Expression Column(ColumnIndex index, DataType type);
  static Expression Literal(Datum value, DataType type);
  // `type` defaults to the function's result; give it where it has a modifier, as numeric(12,2) has.
  static Expression Call(const ScalarFunction& function, std::vector<Expression> arguments);
  static Expression Call(const ScalarFunction& function, DataType type, std::vector<Expression> arguments);
  static Expression Make(ExpressionKind kind, DataType type, std::vector<Expression> arguments);
};

std::vector<DataType> TypesOf(const std::vector<Expression>& expressions);

// For EXPLAIN and error messages: `(#0 + 1) > #2`.
std::string FormatExpression(const Expression& expression);

}  // namespace freshet
