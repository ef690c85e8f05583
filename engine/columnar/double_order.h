// Gives doubles PostgreSQL's total order: NaN equals NaN and is the greatest, -0.0 equals 0.0.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <optional>

namespace freshet {

inline std::strong_ordering CompareDoubles(double a, double b) {
  if (a < b) return std::strong_ordering::less;
  if (a > b) return std::strong_ordering::greater;
  if (a == b) return std::strong_ordering::equal;
  bool a_nan = a != a;
  bool b_nan = b != b;
  return static_cast<int>(a_nan) <=> static_cast<int>(b_nan);
}

inline bool DoublesEqual(double a, double b) { return a == b || (a != a && b != b); }

// One bit pattern for all doubles that are equal in this order; what key hashes rest on.
inline uint64_t CanonicalDoubleBits(double value) {
  if (value != value) return 0x7FF8000000000000ull;
  return std::bit_cast<uint64_t>(value + 0.0);  // -0.0 + 0.0 = 0.0
}

// A double as the nearest value of real. No value: it is out of real's range, or not 0 and becomes 0.
inline std::optional<double> RealOf(double value) {
  const auto real = static_cast<float>(value);
  const bool lost = (real == 0) != (value == 0) || (real - real != 0 && value - value == 0);
  return lost ? std::nullopt : std::optional(static_cast<double>(real));
}

}  // namespace freshet
