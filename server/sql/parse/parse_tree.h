// Calls PostgreSQL's parser (libpg_query), whose header and names stay in this module.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/sql/parse/syntax.h"

namespace freshet {

// A token of an SQL text: bytes [begin, end).
struct SqlToken {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// The tokens of a text, without comments, or where it is none: a quote without an end.
std::variant<std::vector<SqlToken>, ExpressionError> ScanTokens(const std::string& text);

// The parse tree of a statement as JSON, or what is wrong with it; offsets are bytes of `statement`. The parser
// recurses, so it runs on a thread with a large stack; the caller bounds the text (kMaxExpressionBytes).
std::variant<std::string, ExpressionError> ParseStatementTree(const std::string& statement);

}  // namespace freshet
