// Parses the SQL text of one expression.
#pragma once

#include <string_view>
#include <variant>

#include "server/sql/parse/syntax.h"

namespace freshet {

// PostgreSQL 15's syntax. What has no place here (subqueries, windows, rows, parameters, ...) is UNSUPPORTED, by
// name. EXPRESSION_TOO_LARGE: above 64 KiB or nested deeper than 500.
std::variant<SyntaxRef, ExpressionError> ParseExpression(std::string_view text);

}  // namespace freshet
