// Rewrites a regular expression of PostgreSQL as one that means the same to RE2.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

struct RegularExpressionFlags {
  bool ignore_case = false;
  bool global = false;  // `g`: all matches
  // By which a line's end is an end for `^` and `$`, and no character for `.` and `[^a]`.
  bool anchors_match_lines = false;
  bool stops_at_lines = false;
  bool literal = false;

  auto operator<=>(const RegularExpressionFlags&) const = default;
};

// Adds what letters say: i, c, g, n, m, p, w, s, t, q. INVALID_ARGUMENT: another letter.
absl::Status AddRegularExpressionFlags(std::string_view letters, RegularExpressionFlags* flags);

struct TranslatedPattern {
  std::string text;
  RegularExpressionFlags flags;  // with what the pattern says itself: (?i), ***=
  bool has_greedy = false;       // quantifiers that match as much, or as little, as they can
  bool has_non_greedy = false;
  bool has_branches = false;
};

// INVALID_ARGUMENT: what is wrong, or has no counterpart.
absl::StatusOr<TranslatedPattern> TranslatePattern(std::string_view pattern, RegularExpressionFlags flags);

}  // namespace freshet
