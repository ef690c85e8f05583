// A decimal number of up to 38 digits with a scale of its own, as PostgreSQL's numeric. Arithmetic: engine/functions.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/int128.h"

namespace freshet {

// value = unscaled / 10^scale. Equality, order and hash are by value: 1.0 = 1.00. `scale` is PostgreSQL's display
// scale.
struct Numeric {
  uint64_t low = 0;
  int64_t high = 0;
  int32_t scale = 0;  // 0 .. 38
  int32_t reserved = 0;

  static Numeric Make(int128 unscaled, int32_t scale) {
    return {static_cast<uint64_t>(unscaled), static_cast<int64_t>(unscaled >> 64), scale, 0};
  }
  int128 unscaled() const { return (static_cast<int128>(high) << 64) | low; }

  bool operator==(const Numeric& other) const { return (*this <=> other) == 0; }
  std::strong_ordering operator<=>(const Numeric& other) const;
  uint64_t Hash(uint64_t seed) const;
};
static_assert(sizeof(Numeric) == 24);

inline constexpr int32_t kMaxNumericDigits = 38;
// 10^digits for 0 .. 38.
int128 PowerOfTen(int32_t digits);
// 10^38 - 1: the largest unscaled value.
int128 MaxNumericUnscaled();

// Writes plain digits with exactly `scale` digits behind the point, for example `-12.50`.
std::string FormatNumeric(const Numeric& value);
// Reads `[+-]digits[.digits][e[+-]digits]`, blanks around allowed; keeps the scale that is written. No value: not a
// number or more than 38 digits.
std::optional<Numeric> ParseNumeric(std::string_view text);
// Rounds half away from zero to `scale`, as PostgreSQL does; no value past 38 digits.
std::optional<Numeric> RescaleNumeric(const Numeric& value, int32_t scale);

// The same value with the smallest scale.
Numeric WithoutTrailingZeros(const Numeric& value);

}  // namespace freshet
