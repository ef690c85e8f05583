// The pattern is read once, left to right. What both know stands as it is; classes are written out, since RE2's know
// ASCII only; letters after a backslash are another language.
#include "engine/functions/scalar/regular_expression_syntax.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/characters.h"

namespace freshet {
namespace {

constexpr int kRepeatMax = 255;  // PostgreSQL's

// Inside of brackets.
std::optional<std::string_view> ClassOf(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
      {"alpha", "\\p{L}"},
      {"alnum", "\\p{L}\\p{N}"},
      {"digit", "0-9"},
      {"lower", "\\p{Ll}"},
      {"upper", "\\p{Lu}"},
      {"space", "\\s\\x0b\\p{Z}"},
      {"blank", "\\t\\p{Zs}"},
      {"punct", "\\p{P}\\p{S}"},
      {"cntrl", "\\p{Cc}"},
      {"graph", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}"},
      {"print", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Zs}"},
      {"xdigit", "0-9A-Fa-f"},
      {"word", "\\p{L}\\p{N}_"},
  };
  for (const auto& [known, characters] : kClasses) {
    if (known == name) return characters;
  }
  return std::nullopt;
}

class PatternTranslator {
 public:
  PatternTranslator(std::string_view pattern, RegularExpressionFlags flags) : rest_(pattern) { result_.flags = flags; }

  absl::StatusOr<TranslatedPattern> Run() {
    ReadDirectors();
    while (status_.ok() && !rest_.empty() && !result_.flags.literal) ReadAtom();
    if (!status_.ok()) return status_;
    if (result_.flags.literal) result_.text = rest_;
    return std::move(result_);
  }

 private:
  void Fail(std::string what) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(std::move(what));
  }
  void Cannot(std::string_view what) {
    Fail(StrCat(what, " in a regular expression cannot be matched in time linear in the text, and is not supported"));
  }
  bool Take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  std::string_view TakeCharacter() {
    std::string_view character = rest_.substr(0, FirstCharacterBytes(rest_));
    rest_.remove_prefix(character.size());
    return character;
  }
  void Put(std::string_view text) { result_.text += text; }

  // ***= and ***:, and options at the begin: (?i).
  void ReadDirectors() {
    if (Take("***=")) {
      result_.flags.literal = true;
      return;
    }
    if (!Take("***:") && rest_.starts_with("***")) return Fail("a regular expression cannot begin with ***");
    if (!rest_.starts_with("(?") || rest_.size() < 3 || !absl::ascii_isalpha(rest_[2])) return;
    const size_t end = rest_.find(')');
    if (end == std::string_view::npos) return Fail("the options (?... of the regular expression do not end");
    const std::string_view letters = rest_.substr(2, end - 2);
    if (letters.find('g') != std::string_view::npos) return Fail("g is no option within a regular expression");
    status_ = AddRegularExpressionFlags(letters, &result_.flags);
    rest_.remove_prefix(end + 1);
  }

  void ReadAtom() {
    switch (rest_[0]) {
      case '\\':
        rest_.remove_prefix(1);
        return ReadEscape(/*in_brackets=*/false);
      case '[':
        rest_.remove_prefix(1);
        return ReadBrackets();
      case '(':
        rest_.remove_prefix(1);
        return ReadGroup();
      case '*':
      case '+':
      case '?':
        Put(TakeCharacter());
        return ReadGreed();
      case '{':
        rest_.remove_prefix(1);
        return ReadRepeat();
      case '}':
        rest_.remove_prefix(1);
        return Put("\\}");
      case '|':
        result_.has_branches = true;
        break;
      default:
        break;
    }
    Put(TakeCharacter());
  }

  void ReadGroup() {
    for (std::string_view look : {"?=", "?!", "?<=", "?<!"}) {
      if (rest_.starts_with(look)) return Cannot(StrCat("look-around (", look));
    }
    Put("(");
    if (!rest_.starts_with("?")) return;
    if (!Take("?:")) return Fail("(? in a regular expression must be (?:, or options at its begin");
    Put("?:");
  }

  void ReadGreed() {
    if (Take("?")) {
      Put("?");
      result_.has_non_greedy = true;
    } else {
      result_.has_greedy = true;
    }
    if (!rest_.empty() && (rest_[0] == '*' || rest_[0] == '+' || rest_[0] == '?')) {
      Fail("a quantifier of a regular expression follows another one");
    }
  }

  // {n}, {n,} or {n,m}; else a brace.
  void ReadRepeat() {
    if (rest_.empty() || !absl::ascii_isdigit(rest_[0])) return Put("\\{");
    const size_t end = rest_.find('}');
    std::string_view counts = rest_.substr(0, end);
    const size_t comma = counts.find(',');
    int least = 0, most = 0;
    bool good = end != std::string_view::npos && absl::SimpleAtoi(AbslView(counts.substr(0, comma)), &least);
    most = least;
    if (good && comma != std::string_view::npos && comma + 1 < counts.size()) {
      good = absl::SimpleAtoi(AbslView(counts.substr(comma + 1)), &most);
    }
    if (!good || most < least || most > kRepeatMax) {
      return Fail(StrCat("the repetition {", counts, "} of a regular expression is not of 0 to ", kRepeatMax));
    }
    Put("{");
    Put(counts);
    Put("}");
    rest_.remove_prefix(end + 1);
    ReadGreed();
  }

  void ReadBrackets() {
    if (rest_.starts_with("[:<:]]") || rest_.starts_with("[:>:]]")) return Cannot("[[:<:]] and [[:>:]]");
    Put("[");
    const bool negated = Take("^");
    if (negated) Put(result_.flags.stops_at_lines ? "^\\n" : "^");
    for (bool first = true; status_.ok(); first = false) {
      if (rest_.empty()) return Fail("brackets [ of a regular expression do not end");
      if (rest_[0] == ']' && !first) break;
      ReadBracketItem();
    }
    Take("]");
    Put("]");
  }

  void ReadBracketItem() {
    if (Take("[:")) {
      const size_t end = rest_.find(":]");
      std::string_view name = rest_.substr(0, end);
      std::optional<std::string_view> characters = ClassOf(name);
      if (end == std::string_view::npos || !characters) {
        return Fail(StrCat("a regular expression has no class [:", name.substr(0, 20), ":]"));
      }
      rest_.remove_prefix(end + 2);
      return Put(*characters);
    }
    if (rest_.starts_with("[.") || rest_.starts_with("[="))
      return Fail("[. and [= in a regular expression are not supported");
    if (Take("\\")) return ReadEscape(/*in_brackets=*/true);
    if (rest_[0] == '-') return Put(TakeCharacter());
    PutLiteral(TakeCharacter());
  }

  void PutLiteral(std::string_view character) {
    if (character.size() == 1 && absl::ascii_ispunct(static_cast<unsigned char>(character[0]))) Put("\\");
    Put(character);
  }

  // Behind a backslash.
  void ReadEscape(bool in_brackets) {
    if (rest_.empty()) return Fail("a regular expression ends in a backslash");
    const std::string_view character = TakeCharacter();
    if (character.size() > 1 || !absl::ascii_isalnum(static_cast<unsigned char>(character[0]))) {
      return PutLiteral(character);
    }
    const char letter = character[0];
    if (std::string_view("dsw").find(letter) != std::string_view::npos) {
      const std::string_view characters = *ClassOf(letter == 'd' ? "digit" : letter == 's' ? "space" : "word");
      return Put(in_brackets ? std::string(characters) : StrCat("[", characters, "]"));
    }
    if (std::string_view("DSW").find(letter) != std::string_view::npos) {
      if (in_brackets && letter == 'D') return Put("\\D");
      if (in_brackets)
        return Fail(StrCat("\\", character, " within brackets of a regular expression is not supported"));
      const std::string_view characters = *ClassOf(letter == 'D' ? "digit" : letter == 'S' ? "space" : "word");
      return Put(StrCat("[^", characters, "]"));
    }
    switch (letter) {
      case 'a':
      case 'f':
      case 'n':
      case 'r':
      case 't':
      case 'v':
        return Put(StrCat("\\", character));
      case 'b':
        return Put("\\x08");
      case 'B':
        return Put("\\\\");
      case 'e':
        return Put("\\x1b");
      case '0':
        return Put("\\x00");
      case 'x':
        return ReadHex(0);
      case 'u':
        return ReadHex(4);
      case 'U':
        return ReadHex(8);
      default:
        break;
    }
    if (in_brackets) return Fail(StrCat("\\", character, " within brackets of a regular expression is not supported"));
    if (letter == 'A') return Put("\\A");
    if (letter == 'Z') return Put("\\z");
    if (letter == 'y') return Put("\\b");
    if (letter == 'Y') return Put("\\B");
    if (letter == 'm' || letter == 'M')
      return Fail(StrCat("\\", character, " in a regular expression is not supported; use \\y"));
    if (absl::ascii_isdigit(static_cast<unsigned char>(letter)))
      return Cannot(StrCat("the back reference \\", character));
    Fail(StrCat("\\", character, " means nothing in a regular expression"));
  }

  // So many digits; 0: all that there are.
  void ReadHex(size_t digits) {
    size_t count = 0;
    while (count < rest_.size() && absl::ascii_isxdigit(static_cast<unsigned char>(rest_[count])) &&
           (digits == 0 || count < digits)) {
      ++count;
    }
    if (count == 0 || count < digits || count > 8) {
      return Fail("\\x, \\u or \\U in a regular expression is not followed by its hexadecimal digits");
    }
    Put(StrCat("\\x{", rest_.substr(0, count), "}"));
    rest_.remove_prefix(count);
  }

  std::string_view rest_;
  TranslatedPattern result_;
  absl::Status status_;
};

}  // namespace

absl::Status AddRegularExpressionFlags(std::string_view letters, RegularExpressionFlags* flags) {
  for (char letter : letters) {
    switch (letter) {
      case 'i':
        flags->ignore_case = true;
        break;
      case 'c':
        flags->ignore_case = false;
        break;
      case 'g':
        flags->global = true;
        break;
      case 'n':
      case 'm':
        flags->anchors_match_lines = flags->stops_at_lines = true;
        break;
      case 'p':
        flags->anchors_match_lines = false;
        flags->stops_at_lines = true;
        break;
      case 'w':
        flags->anchors_match_lines = true;
        flags->stops_at_lines = false;
        break;
      case 's':
        flags->anchors_match_lines = flags->stops_at_lines = false;
        break;
      case 't':
        break;
      case 'q':
        flags->literal = true;
        break;
      default:
        return absl::InvalidArgumentError(
            StrCat("the option ", std::string_view(&letter, 1),
                   " of a regular expression is not known; it takes i, c, g, n, m, p, w, s, t, q"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<TranslatedPattern> TranslatePattern(std::string_view pattern, RegularExpressionFlags flags) {
  return PatternTranslator(pattern, flags).Run();
}

}  // namespace freshet
