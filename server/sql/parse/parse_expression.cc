#include "server/sql/parse/parse_expression.h"

#include <string>

#include <simdjson.h>

#include "engine/base/str_cat.h"
#include "server/sql/parse/parse_tree.h"
#include "server/sql/parse/syntax_reader.h"

namespace freshet {
namespace {

constexpr std::string_view kPrefix = "SELECT ";
// A level of an expression is at most four levels of JSON; deeper trees are too large anyway.
constexpr size_t kMaxJsonDepth = 8 * kMaxExpressionDepth;

ExpressionError TooLarge(std::string message, uint32_t offset) {
  return {ErrorCode::kExpressionTooLarge, std::move(message), "split it over columns of a project", offset};
}

// Parentheses alone are known before the parser sees the text.
std::optional<ExpressionError> CheckSize(std::string_view text) {
  if (text.size() > kMaxExpressionBytes) {
    return TooLarge(StrCat("the expression has ", text.size(), " bytes; at most ", kMaxExpressionBytes, " are taken"),
                    0);
  }
  uint32_t depth = 0;
  for (uint32_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[') ++depth;
    if ((text[i] == ')' || text[i] == ']') && depth > 0) --depth;
    if (depth > kMaxExpressionDepth) {
      return TooLarge(StrCat("the expression is nested deeper than ", kMaxExpressionDepth), i);
    }
  }
  return std::nullopt;
}

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

using Element = simdjson::dom::element;

// The value of the only output column of the only SELECT, if the statement is nothing else.
std::variant<Element, ExpressionError> OnlyTarget(Element root) {
  ExpressionError more{ErrorCode::kSyntaxError, "one expression should stand here, and nothing else", "", 0};
  simdjson::dom::array statements;
  if (root["stmts"].get(statements) != simdjson::SUCCESS || statements.size() != 1) return more;
  simdjson::dom::object select;
  if (statements.at(0)["stmt"]["SelectStmt"].get(select) != simdjson::SUCCESS) return more;
  for (auto [key, value] : select) {
    if (key == "targetList" || key == "limitOption") continue;
    std::string_view operation;
    if (key == "op" && value.get(operation) == simdjson::SUCCESS && operation == "SETOP_NONE") continue;
    return more;
  }
  simdjson::dom::array targets;
  if (select["targetList"].get(targets) != simdjson::SUCCESS || targets.size() != 1) return more;
  Element target;
  if (targets.at(0)["ResTarget"].get(target) != simdjson::SUCCESS) return more;
  Element ignored;
  if (target["name"].get(ignored) == simdjson::SUCCESS) {
    more.message = "an expression has no AS here: its name stands in front of it";
    return more;
  }
  Element value;
  if (target["val"].get(value) != simdjson::SUCCESS) return more;
  return value;
}

}  // namespace

std::variant<SyntaxRef, ExpressionError> ParseExpression(std::string_view text) {
  if (auto error = CheckSize(text)) return *error;
  if (IsBlank(text)) return ExpressionError{ErrorCode::kSyntaxError, "the expression is empty", "", 0};
  if (text.find('\0') != std::string_view::npos) {
    return ExpressionError{ErrorCode::kSyntaxError, "the expression holds a NUL", "",
                           static_cast<uint32_t>(text.find('\0'))};
  }
  std::string statement = StrCat(kPrefix, text);
  auto own_offset = [&](uint32_t offset) {
    uint32_t prefix = static_cast<uint32_t>(kPrefix.size());
    return offset < prefix ? 0 : std::min<uint32_t>(offset - prefix, static_cast<uint32_t>(text.size()));
  };
  std::variant<std::string, ExpressionError> tree = ParseStatementTree(statement);
  if (auto* error = std::get_if<ExpressionError>(&tree)) {
    error->offset = own_offset(error->offset);
    return *error;
  }
  std::string& json = std::get<std::string>(tree);
  simdjson::dom::parser parser;
  Element root;
  if (parser.allocate(json.size() + simdjson::SIMDJSON_PADDING, kMaxJsonDepth) != simdjson::SUCCESS ||
      parser.parse(json).get(root) != simdjson::SUCCESS) {
    return TooLarge(StrCat("the expression is nested deeper than ", kMaxExpressionDepth), 0);
  }
  std::variant<Element, ExpressionError> target = OnlyTarget(root);
  if (auto* error = std::get_if<ExpressionError>(&target)) return *error;
  SyntaxReader reader(statement, -static_cast<int64_t>(kPrefix.size()));
  SyntaxRef syntax = reader.Read(std::get<Element>(target));
  if (reader.error()) return *reader.error();
  return syntax;
}

}  // namespace freshet
