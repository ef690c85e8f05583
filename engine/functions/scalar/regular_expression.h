// Compiles PostgreSQL's regular expressions (advanced ones, its documentation 9.7.3) to RE2's, which match in time
// linear in the text. What RE2 cannot do, or does otherwise, is refused by name: back references, look-around, \m and
// \M, greedy and non-greedy quantifiers in one expression that says how long a match is.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/functions/scalar/regular_expression_syntax.h"

namespace re2 {
class RE2;
}

namespace freshet {

class RegularExpression {
 public:
  // How long a match is matters only where it is replaced.
  enum class Use : uint8_t { kFind, kReplace };
  // INVALID_ARGUMENT: what is wrong, or cannot be done here.
  static absl::StatusOr<RegularExpression> Make(std::string_view pattern, RegularExpressionFlags flags, Use use);
  RegularExpression(RegularExpression&&) noexcept;
  ~RegularExpression();

  bool Finds(std::string_view text) const;
  // Appends the text with its first match, or all of them, replaced: `\1` to `\9` are groups, `\&` is the match.
  void Replace(std::string_view text, std::string_view replacement, std::string* out) const;

 private:
  RegularExpression(std::unique_ptr<re2::RE2> compiled, bool global);

  std::unique_ptr<re2::RE2> compiled_;
  bool global_;
};

}  // namespace freshet
