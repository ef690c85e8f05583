// Parses an SQL script into statements.
#pragma once

#include <string>
#include <vector>

#include "server/sql/parse/statement.h"

namespace freshet {

// What is wrong in one statement does not hide what is wrong in the next. A text without an end (a quote, a comment)
// ends the script there.
std::vector<Statement> ParseScript(const std::string& script, std::vector<ExpressionError>& errors);

}  // namespace freshet
