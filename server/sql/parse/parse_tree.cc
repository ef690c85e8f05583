#include "server/sql/parse/parse_tree.h"

#include <pthread.h>

#include <algorithm>

extern "C" {
#include <pg_query.h>
}

namespace freshet {
namespace {

// 80,000 x `+1` overflow 8 MiB; 64 KiB of text cannot overflow this.
constexpr size_t kStackBytes = 64 << 20;

struct ParseJob {
  const std::string* statement;
  PgQueryParseResult result;
};

void* RunParse(void* argument) {
  auto* job = static_cast<ParseJob*>(argument);
  job->result = pg_query_parse(job->statement->c_str());
  return nullptr;
}

bool RunOnLargeStack(ParseJob* job) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_t thread;
  bool started = pthread_attr_setstacksize(&attributes, kStackBytes) == 0 &&
                 pthread_create(&thread, &attributes, RunParse, job) == 0;
  pthread_attr_destroy(&attributes);
  return started && pthread_join(thread, nullptr) == 0;
}

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
  ParseJob job{&statement, {}};
  if (!RunOnLargeStack(&job)) {
    return ExpressionError{ErrorCode::kUnavailable, "no thread could be started to parse the expression", "", 0};
  }
  std::variant<std::string, ExpressionError> answer;
  if (job.result.error != nullptr) {
    const PgQueryError& error = *job.result.error;
    std::string message = error.message == nullptr ? "it cannot be parsed" : error.message;
    // Bison's own stack is bounded too.
    bool too_deep =
        message.find("memory exhausted") != std::string::npos || message.find("stack depth") != std::string::npos;
    answer = ExpressionError{too_deep ? ErrorCode::kExpressionTooLarge : ErrorCode::kSyntaxError, std::move(message),
                             "", ByteOfCharacter(statement, error.cursorpos)};
  } else {
    answer = std::string(job.result.parse_tree);
  }
  pg_query_free_parse_result(job.result);
  return answer;
}

}  // namespace freshet
