// Calls PostgreSQL's parser (libpg_query), whose header and names stay in this module.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "server/sql/parse/syntax.h"

namespace freshet {

// The parse tree of a statement as JSON, or what is wrong with it; offsets are bytes of `statement`. The parser
// recurses, so it runs on a thread with a large stack; the caller bounds the text (kMaxExpressionBytes).
std::variant<std::string, ExpressionError> ParseStatementTree(const std::string& statement);

}  // namespace freshet
