#include "server/sql/parse/parse_tree.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
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

using google::protobuf::internal::WireFormatLite;

// The message ScanToken of pg_query.proto: 1 begin, 2 end.
SqlToken ReadToken(const std::string& bytes) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  SqlToken token;
  while (uint32_t tag = stream.ReadTag()) {
    uint32_t* field = tag == 1 << 3 ? &token.begin : tag == 2 << 3 ? &token.end : nullptr;
    if (field != nullptr ? !stream.ReadVarint32(field) : !WireFormatLite::SkipField(&stream, tag)) break;
  }
  return token;
}

// The message ScanResult: 2 tokens.
std::vector<SqlToken> ReadTokens(const PgQueryProtobuf& message, const std::string& text) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(message.data),
                                                static_cast<int>(message.len));
  std::vector<SqlToken> tokens;
  while (uint32_t tag = stream.ReadTag()) {
    uint32_t size = 0;
    std::string bytes;
    if (tag != (2 << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED)) {
      if (!WireFormatLite::SkipField(&stream, tag)) break;
      continue;
    }
    if (!stream.ReadVarint32(&size) || !stream.ReadString(&bytes, static_cast<int>(size))) break;
    SqlToken token = ReadToken(bytes);
    std::string_view start = std::string_view(text).substr(token.begin, 2);
    if (start != "--" && start != "/*") tokens.push_back(token);
  }
  return tokens;
}

}  // namespace

std::variant<std::vector<SqlToken>, ExpressionError> ScanTokens(const std::string& text) {
  PgQueryScanResult result = pg_query_scan(text.c_str());
  std::variant<std::vector<SqlToken>, ExpressionError> answer;
  if (result.error != nullptr) {
    answer = ExpressionError{ErrorCode::kSyntaxError,
                             result.error->message == nullptr ? "it cannot be read" : result.error->message, "",
                             ByteOfCharacter(text, result.error->cursorpos)};
  } else {
    answer = ReadTokens(result.pbuf, text);
  }
  pg_query_free_scan_result(result);
  return answer;
}

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
