#include "server/sql/parse/parse_tree.h"

#include "server/sql/parse/large_stack_thread.h"

extern "C" {
#include <pg_query.h>
}

namespace freshet {
namespace {

// The byte at which the character with this number (from 1) starts.
uint32_t ByteOfCharacter(const std::string& text, int character) {
  uint32_t byte = 0;
  for (int left = character - 1; byte < text.size(); ++byte) {
    if ((static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80) continue;
    if (left-- <= 0) break;
  }
  return byte;
}

}  // namespace

std::variant<std::string, ExpressionError> ParseStatementTree(const std::string& statement) {
  // One for each thread that parses: a definition has thousands of expressions, and to start a thread costs more than
  // to parse one. It holds nothing but memory, so nobody can tell that it is there.
  static thread_local LargeStackThread parser;
  PgQueryParseResult result = {};
  if (!parser.Run([&] { result = pg_query_parse(statement.c_str()); })) {
    return ExpressionError{ErrorCode::kUnavailable, "no thread could be started to parse the expression", "", 0};
  }
  std::variant<std::string, ExpressionError> answer;
  if (result.error != nullptr) {
    const PgQueryError& error = *result.error;
    std::string message = error.message == nullptr ? "it cannot be parsed" : error.message;
    // Bison's own stack is bounded too.
    bool too_deep =
        message.find("memory exhausted") != std::string::npos || message.find("stack depth") != std::string::npos;
    answer = ExpressionError{too_deep ? ErrorCode::kExpressionTooLarge : ErrorCode::kSyntaxError, std::move(message),
                             "", ByteOfCharacter(statement, error.cursorpos)};
  } else {
    answer = std::string(result.parse_tree);
  }
  pg_query_free_parse_result(result);
  return answer;
}

}  // namespace freshet
