// Reads `WITH (name = value, ...)` from tokens: names are identifiers, dotted or quoted in either way (Flink), values
// texts, numbers and words. PostgreSQL's grammar takes only some of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/sql/parse/parse_tree.h"
#include "server/sql/parse/statement.h"

namespace freshet {

// A run of tokens of a text.
class TokenReader {
 public:
  TokenReader(std::string_view text, std::span<const SqlToken> tokens) : text_(text), tokens_(tokens) {}

  bool done() const { return at_ >= tokens_.size(); }
  size_t position() const { return at_; }
  void MoveTo(size_t position) { at_ = position; }
  // Empty: there is none.
  std::string_view Text(size_t ahead = 0) const;
  // Whether the token is this word, in any case.
  bool Is(std::string_view word, size_t ahead = 0) const;
  bool Take(std::string_view word);
  void Skip() { ++at_; }
  // Of the current token; behind the last one: its end.
  uint32_t offset() const;
  // The end of the token before the current one.
  uint32_t end_before() const;
  // Moves behind the `)` that belongs to the `(` here.
  void SkipParentheses();

  // An identifier: folded to lower case, or in double quotes as it is. Empty, and nothing is taken: there is none.
  NameSyntax TakeIdentifier();

 private:
  std::string_view text_;
  std::span<const SqlToken> tokens_;
  size_t at_ = 0;
};

// Reads from `(` to `)`. false: an error was added.
bool ReadOptionList(TokenReader& tokens, std::vector<OptionSyntax>* options, std::vector<ExpressionError>& errors);

}  // namespace freshet
