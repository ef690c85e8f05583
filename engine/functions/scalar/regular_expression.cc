#include "engine/functions/scalar/regular_expression.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/characters.h"

namespace freshet {
namespace {

constexpr int64_t kMemoryBytes = 4 << 20;  // of one expression and the automaton that grows as it matches
constexpr int kGroups = 10;                // the match, and what \1 to \9 name

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

void AppendReplacement(std::string_view replacement, const re2::StringPiece* groups, int group_count,
                       std::string* out) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
    if (replacement[i] != '\\' || (next != '\\' && next != '&' && (next < '1' || next > '9'))) {
      out->push_back(replacement[i]);
      continue;
    }
    ++i;
    if (next == '\\') {
      out->push_back('\\');
      continue;
    }
    const int group = next == '&' ? 0 : next - '0';
    if (group < group_count && groups[group].data() != nullptr) {
      out->append(groups[group].data(), groups[group].size());
    }
  }
}

}  // namespace

RegularExpression::RegularExpression(std::unique_ptr<re2::RE2> compiled, bool global)
    : compiled_(std::move(compiled)), global_(global) {}
RegularExpression::RegularExpression(RegularExpression&&) noexcept = default;
RegularExpression::~RegularExpression() = default;

absl::StatusOr<RegularExpression> RegularExpression::Make(std::string_view pattern, RegularExpressionFlags flags,
                                                          Use use) {
  ASSIGN_OR_RETURN(TranslatedPattern translated, TranslatePattern(pattern, flags));
  const bool replaces = use == Use::kReplace && translated.has_non_greedy;
  if (replaces && (translated.has_greedy || translated.has_branches)) {
    return absl::InvalidArgumentError(
        "non-greedy quantifiers together with greedy ones or with | in a regular expression whose match is replaced "
        "are not supported");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryBytes);
  options.set_case_sensitive(!translated.flags.ignore_case);
  options.set_literal(translated.flags.literal);
  options.set_dot_nl(!translated.flags.stops_at_lines);
  options.set_longest_match(!translated.has_non_greedy);
  const bool lines = translated.flags.anchors_match_lines && !translated.flags.literal;
  auto compiled = std::make_unique<re2::RE2>((lines ? "(?m)" : "") + translated.text, options);
  if (!compiled->ok())
    return absl::InvalidArgumentError(StrCat("the regular expression is wrong: ", compiled->error()));
  return RegularExpression(std::move(compiled), translated.flags.global);
}

bool RegularExpression::Finds(std::string_view text) const {
  return compiled_->Match(Piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

// Goes on behind a match; behind an empty one, one character further.
void RegularExpression::Replace(std::string_view text, std::string_view replacement, std::string* out) const {
  const int groups = std::min(kGroups, 1 + compiled_->NumberOfCapturingGroups());
  re2::StringPiece match[kGroups];
  size_t copied = 0;
  for (size_t start = 0; start <= text.size();) {
    if (!compiled_->Match(Piece(text), start, text.size(), re2::RE2::UNANCHORED, match, groups)) break;
    const size_t begin = static_cast<size_t>(match[0].data() - text.data());
    out->append(text.substr(copied, begin - copied));
    AppendReplacement(replacement, match, groups, out);
    copied = start = begin + match[0].size();
    if (!global_) break;
    if (match[0].empty()) start += start < text.size() ? FirstCharacterBytes(text.substr(start)) : 1;
  }
  out->append(text.substr(copied));
}

}  // namespace freshet
