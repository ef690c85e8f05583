#include "server/definitions/duration.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kShortest = 1'000;
constexpr int64_t kLongest = int64_t{36'500} * 24 * 3600 * kSecond;

struct Unit {
  int64_t micros;
  std::string_view names;  // each between blanks
};

constexpr Unit kUnits[] = {
    {1'000, " ms msec millisecond milliseconds "}, {kSecond, " s sec second seconds "},
    {60 * kSecond, " m min minute minutes "},      {3600 * kSecond, " h hour hours "},
    {24 * 3600 * kSecond, " d day days "},
};

}  // namespace

std::optional<int64_t> ParseDurationMicros(std::string_view text) {
  std::string lower = absl::AsciiStrToLower(std::string(text));
  size_t digits = std::min(lower.find_first_not_of("0123456789"), lower.size());
  int64_t number = 0;
  if (!absl::SimpleAtoi(lower.substr(0, digits), &number)) return std::nullopt;
  std::string name(absl::StripAsciiWhitespace(lower.substr(digits)));
  if (name.empty() || name.find(' ') != std::string::npos) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (unit.names.find(StrCat(" ", name, " ")) == std::string_view::npos) continue;
    int64_t micros = 0;
    bool fits = !__builtin_mul_overflow(number, unit.micros, &micros) && micros >= kShortest && micros <= kLongest;
    return fits ? std::optional(micros) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace freshet
