#include "engine/functions/scalar/numeric_arithmetic.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>

// Nearly all values fit 128 bits on the way and take the first lines of each function; the rest is computed exactly in
// 512 bits (two numbers of 38 digits, and 76 zeros) and rounded once.

namespace freshet {
namespace {

constexpr int32_t kMinSignificantDigits = 16;
constexpr int32_t kGroupDigits = 4;  // PostgreSQL computes in base 10000

uint128 Magnitude(int128 value) { return value < 0 ? -static_cast<uint128>(value) : static_cast<uint128>(value); }

bool Fits(int128 unscaled) { return unscaled <= MaxNumericUnscaled() && unscaled >= -MaxNumericUnscaled(); }

bool FitsInt64(const Numeric& value) { return value.high == static_cast<int64_t>(value.low) >> 63; }

// At most, of a value that fits 64 bits.
bool HasEighteenDigits(const Numeric& value) {
  constexpr int64_t kLimit = 1'000'000'000'000'000'000;
  int64_t unscaled = static_cast<int64_t>(value.low);
  return unscaled < kLimit && unscaled > -kLimit;
}

std::optional<Numeric> MakeIfFits(int128 unscaled, int32_t scale) {
  if (!Fits(unscaled)) return std::nullopt;
  return Numeric::Make(unscaled, scale);
}

// Of up to 18 digits.
int32_t DigitsOfShort(uint64_t value) {
  int32_t digits = 0;
  for (uint64_t power = 1; value >= power; power *= 10) ++digits;
  return digits;
}

int32_t DigitsOf(uint128 value) {
  if (value < static_cast<uint128>(PowerOfTen(18))) return DigitsOfShort(static_cast<uint64_t>(value));
  int32_t digits = 0;
  while (digits < kMaxNumericDigits && value >= static_cast<uint128>(PowerOfTen(digits))) ++digits;
  return value >= static_cast<uint128>(PowerOfTen(kMaxNumericDigits)) ? kMaxNumericDigits + 1 : digits;
}

// A magnitude of 512 bits.
class Wide {
 public:
  explicit Wide(uint128 value) : limbs_{} {
    limbs_[0] = static_cast<uint64_t>(value);
    limbs_[1] = static_cast<uint64_t>(value >> 64);
  }

  void MultiplyBy(uint64_t factor) {
    uint64_t carry = 0;
    for (uint64_t& limb : limbs_) {
      uint128 product = static_cast<uint128>(limb) * factor + carry;
      limb = static_cast<uint64_t>(product);
      carry = static_cast<uint64_t>(product >> 64);
    }
  }
  void MultiplyByPowerOfTen(int32_t digits) {
    for (; digits > 0; digits -= 19) MultiplyBy(static_cast<uint64_t>(PowerOfTen(std::min(digits, 19))));
  }
  Wide TimesWide(uint128 factor) const {
    Wide low = *this;
    low.MultiplyBy(static_cast<uint64_t>(factor));
    Wide high = *this;
    high.MultiplyBy(static_cast<uint64_t>(factor >> 64));
    for (size_t i = kLimbs - 1; i > 0; --i) high.limbs_[i] = high.limbs_[i - 1];
    high.limbs_[0] = 0;
    low.Add(high);
    return low;
  }
  uint64_t DivideBy(uint64_t divisor) {
    uint64_t rest = 0;
    for (size_t i = kLimbs; i-- > 0;) {
      uint128 part = (static_cast<uint128>(rest) << 64) | limbs_[i];
      if (part == 0) continue;
      limbs_[i] = static_cast<uint64_t>(part / divisor);
      rest = static_cast<uint64_t>(part % divisor);
    }
    return rest;
  }
  void Add(const Wide& other) {
    uint64_t carry = 0;
    for (size_t i = 0; i < kLimbs; ++i) {
      uint128 sum = static_cast<uint128>(limbs_[i]) + other.limbs_[i] + carry;
      limbs_[i] = static_cast<uint64_t>(sum);
      carry = static_cast<uint64_t>(sum >> 64);
    }
  }
  // `other` is not greater.
  void Subtract(const Wide& other) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < kLimbs; ++i) {
      uint128 difference = static_cast<uint128>(limbs_[i]) - other.limbs_[i] - borrow;
      limbs_[i] = static_cast<uint64_t>(difference);
      borrow = static_cast<uint64_t>(difference >> 64) & 1;
    }
  }
  bool operator<(const Wide& other) const {
    return std::lexicographical_compare(limbs_.rbegin(), limbs_.rend(), other.limbs_.rbegin(), other.limbs_.rend());
  }
  int BitWidth() const {
    for (size_t i = kLimbs; i-- > 0;) {
      if (limbs_[i] != 0) return static_cast<int>(i * 64) + static_cast<int>(std::bit_width(limbs_[i]));
    }
    return 0;
  }
  void ShiftLeftOne() {
    for (size_t i = kLimbs; i-- > 1;) limbs_[i] = (limbs_[i] << 1) | (limbs_[i - 1] >> 63);
    limbs_[0] <<= 1;
  }
  bool Bit(int position) const { return ((limbs_[position / 64] >> (position % 64)) & 1) != 0; }
  void Increment() { Add(Wide(1)); }
  int32_t Digits() const {
    Wide rest = *this;
    int32_t digits = 0;
    for (; rest.BitWidth() > 0; ++digits) rest.DivideBy(10);
    return digits;
  }
  uint128 Low() const { return (static_cast<uint128>(limbs_[1]) << 64) | limbs_[0]; }

  // Leaves the rest of the division in *this and returns the quotient.
  Wide DivideByWide(const Wide& divisor) {
    Wide quotient(0);
    Wide rest(0);
    for (int bit = BitWidth() - 1; bit >= 0; --bit) {
      rest.ShiftLeftOne();
      rest.limbs_[0] |= Bit(bit) ? 1 : 0;
      quotient.ShiftLeftOne();
      if (!(rest < divisor)) {
        rest.Subtract(divisor);
        quotient.limbs_[0] |= 1;
      }
    }
    *this = rest;
    return quotient;
  }

 private:
  static constexpr size_t kLimbs = 8;
  std::array<uint64_t, kLimbs> limbs_;
};

// Rounds to as many digits behind the point as 38 digits allow.
std::optional<Numeric> RoundToFit(Wide magnitude, bool negative, int32_t scale) {
  int32_t drop = std::max({scale - kMaxNumericDigits, magnitude.Digits() - kMaxNumericDigits, 0});
  if (drop > scale) return std::nullopt;
  if (drop > 0) {
    for (int32_t digits = drop - 1; digits > 0; digits -= 19) {
      magnitude.DivideBy(static_cast<uint64_t>(PowerOfTen(std::min(digits, 19))));
    }
    if (magnitude.DivideBy(10) >= 5) magnitude.Increment();
    scale -= drop;
    if (magnitude.Low() > static_cast<uint128>(MaxNumericUnscaled())) {  // 99..9.5 became 10^38
      if (scale == 0) return std::nullopt;
      magnitude.DivideBy(10);
      --scale;
    }
  }
  int128 unscaled = static_cast<int128>(magnitude.Low());
  return Numeric::Make(negative ? -unscaled : unscaled, scale);
}

std::optional<Numeric> AddWide(const Numeric& a, const Numeric& b) {
  int32_t scale = std::max(a.scale, b.scale);
  Wide x(Magnitude(a.unscaled()));
  Wide y(Magnitude(b.unscaled()));
  x.MultiplyByPowerOfTen(scale - a.scale);
  y.MultiplyByPowerOfTen(scale - b.scale);
  bool a_negative = a.high < 0;
  bool b_negative = b.high < 0;
  if (a_negative == b_negative) {
    x.Add(y);
    return RoundToFit(x, a_negative, scale);
  }
  if (x < y) {
    y.Subtract(x);
    return RoundToFit(y, b_negative, scale);
  }
  x.Subtract(y);
  return RoundToFit(x, a_negative, scale);
}

// The place and value of a number's first digit in base 10000.
struct FirstGroup {
  int32_t weight = 0;
  int128 digit = 0;
};

FirstGroup FirstGroupOf(const Numeric& value) {
  uint128 magnitude = Magnitude(value.unscaled());
  if (magnitude == 0) return {};
  int32_t digits = DigitsOf(magnitude);
  int32_t exponent = digits - 1 - value.scale;
  int32_t weight = exponent >= 0 ? exponent / kGroupDigits : -((-exponent + kGroupDigits - 1) / kGroupDigits);
  int32_t wanted = exponent - weight * kGroupDigits + 1;
  if (digits <= 18 && digits >= wanted) {
    return {weight, static_cast<int64_t>(static_cast<uint64_t>(magnitude) /
                                         static_cast<uint64_t>(PowerOfTen(digits - wanted)))};
  }
  int128 first = static_cast<int128>(magnitude);
  return {weight, digits >= wanted ? first / PowerOfTen(digits - wanted) : first * PowerOfTen(wanted - digits)};
}

// select_div_scale of PostgreSQL's numeric.c.
int32_t QuotientScale(const Numeric& a, const Numeric& b) {
  FirstGroup dividend = FirstGroupOf(a);
  FirstGroup divisor = FirstGroupOf(b);
  int32_t weight = dividend.weight - divisor.weight - (dividend.digit <= divisor.digit ? 1 : 0);
  int32_t scale = kMinSignificantDigits - weight * kGroupDigits;
  return std::min(std::max({scale, a.scale, b.scale, 0}), kMaxNumericDigits);
}

bool ScaleUp(int128 value, int32_t digits, int128* scaled) {
  return digits <= kMaxNumericDigits && !__builtin_mul_overflow(value, PowerOfTen(digits), scaled);
}

}  // namespace

std::optional<Numeric> AddNumeric(const Numeric& a, const Numeric& b) {
  // Two values of 64 bits and one scale: most sums of money.
  if (a.scale == b.scale && FitsInt64(a) && FitsInt64(b)) {
    return Numeric::Make(static_cast<int128>(static_cast<int64_t>(a.low)) + static_cast<int64_t>(b.low), a.scale);
  }
  int32_t scale = std::max(a.scale, b.scale);
  int128 x;
  int128 y;
  int128 sum;
  if (ScaleUp(a.unscaled(), scale - a.scale, &x) && ScaleUp(b.unscaled(), scale - b.scale, &y) &&
      !__builtin_add_overflow(x, y, &sum) && Fits(sum)) {
    return Numeric::Make(sum, scale);
  }
  return AddWide(a, b);
}

std::optional<Numeric> SubtractNumeric(const Numeric& a, const Numeric& b) { return AddNumeric(a, NegateNumeric(b)); }

std::optional<Numeric> MultiplyNumeric(const Numeric& a, const Numeric& b) {
  int32_t scale = a.scale + b.scale;
  // The product of two numbers of 18 digits has at most 36.
  if (FitsInt64(a) && FitsInt64(b) && HasEighteenDigits(a) && HasEighteenDigits(b) && scale <= kMaxNumericDigits) {
    return Numeric::Make(static_cast<int128>(static_cast<int64_t>(a.low)) * static_cast<int64_t>(b.low), scale);
  }
  int128 product;
  if (scale <= kMaxNumericDigits && !__builtin_mul_overflow(a.unscaled(), b.unscaled(), &product) && Fits(product)) {
    return Numeric::Make(product, scale);
  }
  Wide magnitude = Wide(Magnitude(a.unscaled())).TimesWide(Magnitude(b.unscaled()));
  return RoundToFit(magnitude, (a.high < 0) != (b.high < 0), scale);
}

std::optional<Numeric> DivideNumeric(const Numeric& a, const Numeric& b) {
  int32_t scale = QuotientScale(a, b);
  bool negative = (a.high < 0) != (b.high < 0);
  uint128 divisor = Magnitude(b.unscaled());
  int32_t shift = scale + b.scale - a.scale;
  int128 dividend;
  if (ScaleUp(static_cast<int128>(Magnitude(a.unscaled())), shift, &dividend)) {
    uint128 quotient = static_cast<uint128>(dividend) / divisor;
    uint128 rest = static_cast<uint128>(dividend) % divisor;
    if (rest >= divisor - rest) ++quotient;
    if (quotient <= static_cast<uint128>(MaxNumericUnscaled())) {
      int128 unscaled = static_cast<int128>(quotient);
      return Numeric::Make(negative ? -unscaled : unscaled, scale);
    }
  }
  while (scale >= 0) {
    shift = scale + b.scale - a.scale;
    Wide rest(Magnitude(a.unscaled()));
    Wide wide_divisor(divisor);
    rest.MultiplyByPowerOfTen(std::max(shift, 0));
    wide_divisor.MultiplyByPowerOfTen(std::max(-shift, 0));
    Wide quotient = rest.DivideByWide(wide_divisor);
    rest.ShiftLeftOne();
    if (!(rest < wide_divisor)) quotient.Increment();
    int32_t excess = quotient.Digits() - kMaxNumericDigits;
    if (excess <= 0) {
      int128 unscaled = static_cast<int128>(quotient.Low());
      return Numeric::Make(negative ? -unscaled : unscaled, scale);
    }
    scale -= excess;
  }
  return std::nullopt;
}

std::optional<Numeric> ModuloNumeric(const Numeric& a, const Numeric& b) {
  int32_t scale = std::max(a.scale, b.scale);
  int128 x;
  int128 y;
  if (ScaleUp(a.unscaled(), scale - a.scale, &x) && ScaleUp(b.unscaled(), scale - b.scale, &y)) {
    return MakeIfFits(x % y, scale);
  }
  Wide rest(Magnitude(a.unscaled()));
  Wide divisor(Magnitude(b.unscaled()));
  rest.MultiplyByPowerOfTen(scale - a.scale);
  divisor.MultiplyByPowerOfTen(scale - b.scale);
  rest.DivideByWide(divisor);
  return RoundToFit(rest, a.high < 0, scale);
}

std::optional<Numeric> TruncateNumeric(const Numeric& value, int32_t scale) {
  if (scale >= value.scale) return RescaleNumeric(value, scale);
  return Numeric::Make(value.unscaled() / PowerOfTen(value.scale - scale), scale);
}

std::optional<Numeric> FloorNumeric(const Numeric& value) {
  int128 one = PowerOfTen(value.scale);
  int128 whole = value.unscaled() / one;
  return MakeIfFits(value.unscaled() % one < 0 ? whole - 1 : whole, 0);
}

std::optional<Numeric> CeilNumeric(const Numeric& value) {
  int128 one = PowerOfTen(value.scale);
  int128 whole = value.unscaled() / one;
  return MakeIfFits(value.unscaled() % one > 0 ? whole + 1 : whole, 0);
}

std::optional<Numeric> RoundNumericAt(const Numeric& value, int32_t digits) {
  // More zeros than 38 digits allow say nothing, so they are left out.
  if (digits >= 0) {
    for (int32_t scale = std::min(digits, kMaxNumericDigits); scale > value.scale; --scale) {
      if (auto longer = RescaleNumeric(value, scale)) return longer;
    }
    return digits >= value.scale ? value : RescaleNumeric(value, digits);
  }
  if (digits <= -kMaxNumericDigits) return Numeric();
  int128 unit;
  if (!ScaleUp(PowerOfTen(value.scale), -digits, &unit)) return Numeric();
  int128 whole = value.unscaled() / unit;
  int128 rest = value.unscaled() % unit;
  if (rest < 0 ? rest <= -(unit / 2) : rest >= unit / 2) whole += value.high < 0 ? -1 : 1;
  int128 rounded;
  if (!ScaleUp(whole, -digits, &rounded)) return std::nullopt;
  return MakeIfFits(rounded, 0);
}

std::optional<Numeric> TruncateNumericAt(const Numeric& value, int32_t digits) {
  if (digits >= value.scale) return RoundNumericAt(value, digits);
  if (digits >= 0) return TruncateNumeric(value, digits);
  if (digits <= -kMaxNumericDigits) return Numeric();
  int128 whole = value.unscaled() / PowerOfTen(value.scale) / PowerOfTen(-digits);
  return Numeric::Make(whole * PowerOfTen(-digits), 0);
}

std::optional<Numeric> NumericFromDouble(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  char text[32];
  std::snprintf(text, sizeof(text), "%.15g", value);
  if (std::optional<Numeric> parsed = ParseNumeric(text)) return parsed;
  if (std::fabs(value) >= 1) return std::nullopt;
  // Too many digits behind the point: 1e-30 has 45 of them when written out.
  char fixed[128];
  std::snprintf(fixed, sizeof(fixed), "%.*f", kMaxNumericDigits, value);
  return ParseNumeric(fixed);
}

double DoubleFromNumeric(const Numeric& value) {
  constexpr int128 kExactMax = int128{1} << 53;
  constexpr int32_t kExactPowers = 22;  // 10^22 is the last power that a double holds
  int128 unscaled = value.unscaled();
  if (unscaled <= kExactMax && unscaled >= -kExactMax && value.scale <= kExactPowers) {
    return static_cast<double>(static_cast<int64_t>(unscaled)) / static_cast<double>(PowerOfTen(value.scale));
  }
  std::string text = FormatNumeric(value);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

std::optional<int64_t> Int64FromNumeric(const Numeric& value) {
  std::optional<Numeric> whole = RescaleNumeric(value, 0);
  int128 unscaled = whole->unscaled();
  if (unscaled != static_cast<int64_t>(unscaled)) return std::nullopt;
  return static_cast<int64_t>(unscaled);
}

std::optional<Numeric> FitNumeric(const Numeric& value, DataType type) {
  if (type.precision == 0) return value;
  std::optional<Numeric> rounded = RescaleNumeric(value, type.scale);
  if (!rounded || Magnitude(rounded->unscaled()) >= static_cast<uint128>(PowerOfTen(type.precision))) {
    return std::nullopt;
  }
  return rounded;
}

}  // namespace freshet
