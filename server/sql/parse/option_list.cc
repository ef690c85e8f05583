#include "server/sql/parse/option_list.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

bool StartsIdentifier(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// What stands between quotes, each of which is doubled inside.
std::string Unquoted(std::string_view token, char quote) {
  std::string text;
  for (size_t i = 1; i + 1 < token.size(); ++i) {
    text.push_back(token[i]);
    if (token[i] == quote) ++i;
  }
  return text;
}

bool Fail(const TokenReader& tokens, std::string message, std::vector<ExpressionError>& errors,
          std::string suggestion = "") {
  errors.push_back({ErrorCode::kSyntaxError,
                    tokens.done() ? StrCat(message, "; the statement ends here")
                                  : StrCat(message, ", not `", tokens.Text().substr(0, 40), "`"),
                    std::move(suggestion), tokens.offset()});
  return false;
}

bool ReadName(TokenReader& tokens, NameSyntax* name, std::vector<ExpressionError>& errors) {
  name->offset = tokens.offset();
  if (absl::StartsWith(Absl(tokens.Text()), "'")) {
    name->text = Unquoted(tokens.Text(), '\'');
    tokens.Skip();
    return true;
  }
  while (true) {
    NameSyntax part = tokens.TakeIdentifier();
    if (part.text.empty()) return Fail(tokens, "the name of an option should stand here", errors, "name = 'value'");
    name->text += part.text;
    if (!tokens.Take(".")) return true;
    name->text += ".";
  }
}

bool ReadValue(TokenReader& tokens, OptionSyntax* option, std::vector<ExpressionError>& errors) {
  option->value_offset = tokens.offset();
  std::string sign = tokens.Take("-") ? "-" : "";
  std::string_view token = tokens.Text();
  if (token.empty() || token == "," || token == ")" || token == "(") {
    return Fail(tokens, StrCat("a value of ", option->name.text, " should stand here"), errors, "name = 'value'");
  }
  option->value = sign + (token[0] == '\'' ? Unquoted(token, '\'') : std::string(token));
  tokens.Skip();
  return true;
}

}  // namespace

std::string_view TokenReader::Text(size_t ahead) const {
  if (at_ + ahead >= tokens_.size()) return "";
  const SqlToken& token = tokens_[at_ + ahead];
  return text_.substr(token.begin, token.end - token.begin);
}

bool TokenReader::Is(std::string_view word, size_t ahead) const {
  return absl::EqualsIgnoreCase(Absl(Text(ahead)), Absl(word));
}

bool TokenReader::Take(std::string_view word) {
  if (!Is(word)) return false;
  ++at_;
  return true;
}

uint32_t TokenReader::offset() const {
  if (!done()) return tokens_[at_].begin;
  return tokens_.empty() ? 0 : tokens_.back().end;
}

uint32_t TokenReader::end_before() const { return at_ == 0 ? offset() : tokens_[at_ - 1].end; }

void TokenReader::SkipParentheses() {
  int depth = 0;
  do {
    if (Is("(")) ++depth;
    if (Is(")")) --depth;
    ++at_;
  } while (depth > 0 && !done());
}

NameSyntax TokenReader::TakeIdentifier() {
  NameSyntax name{"", offset()};
  std::string_view token = Text();
  if (token.empty()) return name;
  if (token[0] == '"') {
    name.text = Unquoted(token, '"');
    ++at_;
  } else if (StartsIdentifier(token[0])) {
    name.text = absl::AsciiStrToLower(Absl(token));
    ++at_;
  }
  return name;
}

bool ReadOptionList(TokenReader& tokens, std::vector<OptionSyntax>* options, std::vector<ExpressionError>& errors) {
  if (!tokens.Take("(")) return Fail(tokens, "`(` should stand behind WITH", errors);
  if (tokens.Take(")")) return true;
  while (true) {
    OptionSyntax option;
    if (!ReadName(tokens, &option.name, errors)) return false;
    if (!tokens.Take("=")) {
      return Fail(tokens, StrCat("`=` should stand behind the option ", option.name.text), errors);
    }
    if (!ReadValue(tokens, &option, errors)) return false;
    options->push_back(std::move(option));
    if (tokens.Take(")")) return true;
    if (!tokens.Take(",")) return Fail(tokens, "`,` or `)` should stand behind an option", errors);
  }
}

}  // namespace freshet
