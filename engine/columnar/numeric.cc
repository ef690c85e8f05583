#include "engine/columnar/numeric.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/check.h"
#include "engine/base/key_hash.h"

namespace freshet {
namespace {

constexpr std::array<int128, kMaxNumericDigits + 1> MakePowers() {
  std::array<int128, kMaxNumericDigits + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr std::array<int128, kMaxNumericDigits + 1> kPowers = MakePowers();

bool FitsInt64(int128 value) { return value == static_cast<int64_t>(value); }

uint128 Magnitude(int128 value) { return value < 0 ? -static_cast<uint128>(value) : static_cast<uint128>(value); }

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The mantissa of a written number: its digits without the point.
struct Mantissa {
  int128 unscaled = 0;
  int64_t scale = 0;
};

// Reads digits[.digits] off the front. Fails without a digit or past 38 significant ones.
bool ReadMantissa(std::string_view* text, Mantissa* out) {
  bool any_digit = false;
  bool behind_point = false;
  size_t i = 0;
  for (; i < text->size(); ++i) {
    char c = (*text)[i];
    if (c == '.' && !behind_point) {
      behind_point = true;
      continue;
    }
    if (!IsDigit(c)) break;
    any_digit = true;
    if (out->unscaled > (MaxNumericUnscaled() - (c - '0')) / 10) return false;
    out->unscaled = out->unscaled * 10 + (c - '0');
    if (behind_point) ++out->scale;
  }
  text->remove_prefix(i);
  return any_digit;
}

// Reads e[+-]digits off the front, if there is one.
bool ReadExponent(std::string_view* text, int64_t* exponent) {
  if (text->empty() || (text->front() != 'e' && text->front() != 'E')) return true;
  text->remove_prefix(1);
  if (!text->empty() && text->front() == '+') {
    text->remove_prefix(1);
    if (text->empty() || !IsDigit(text->front())) return false;
  }
  int32_t value = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc()) return false;
  text->remove_prefix(end - text->data());
  *exponent = value;
  return true;
}

}  // namespace

int128 PowerOfTen(int32_t digits) {
  CHECK(digits >= 0 && digits <= kMaxNumericDigits) << digits;
  return kPowers[digits];
}

int128 MaxNumericUnscaled() { return kPowers[kMaxNumericDigits] - 1; }

std::strong_ordering Numeric::operator<=>(const Numeric& other) const {
  int128 a = unscaled();
  int128 b = other.unscaled();
  if (scale == other.scale) return a <=> b;
  int32_t common = std::max(scale, other.scale);
  int128 a_power = PowerOfTen(common - scale);
  int128 b_power = PowerOfTen(common - other.scale);
  if (FitsInt64(a) && FitsInt64(b) && FitsInt64(a_power) && FitsInt64(b_power)) return a * a_power <=> b * b_power;
  // Whole parts first (truncation keeps the order), then the fractions brought to one scale, which stay below 10^38.
  int128 a_one = PowerOfTen(scale);
  int128 b_one = PowerOfTen(other.scale);
  if (auto whole = a / a_one <=> b / b_one; whole != 0) return whole;
  return (a % a_one) * a_power <=> (b % b_one) * b_power;
}

uint64_t Numeric::Hash(uint64_t seed) const {
  int128 value = unscaled();
  int32_t digits = scale;
  while (digits > 0 && !FitsInt64(value) && value % 10 == 0) {
    value /= 10;
    --digits;
  }
  if (FitsInt64(value)) {
    int64_t small = static_cast<int64_t>(value);
    while (digits > 0 && small % 10 == 0) {
      small /= 10;
      --digits;
    }
    value = small;
  }
  uint64_t upper = static_cast<uint64_t>(value >> 64) ^ (static_cast<uint64_t>(digits) << 56);
  return HashPair(static_cast<uint64_t>(value), upper, seed);
}

std::string FormatNumeric(const Numeric& value) {
  // Backwards into a buffer, in words of 18 digits: division of 128 bits is slow.
  constexpr uint64_t kWord = 1'000'000'000'000'000'000ull;
  constexpr int kWordDigits = 18;
  char buffer[kMaxNumericDigits + 16];
  char* begin = buffer + sizeof(buffer);
  int32_t written = 0;
  auto put = [&](uint64_t digit) {
    *--begin = static_cast<char>('0' + digit);
    if (++written == value.scale) *--begin = '.';
  };
  uint128 rest = Magnitude(value.unscaled());
  while (rest >= kWord) {
    uint64_t word = static_cast<uint64_t>(rest % kWord);
    rest /= kWord;
    for (int i = 0; i < kWordDigits; ++i, word /= 10) put(word % 10);
  }
  for (uint64_t word = static_cast<uint64_t>(rest); word != 0 || written <= value.scale; word /= 10) put(word % 10);
  if (value.high < 0) *--begin = '-';
  return std::string(begin, buffer + sizeof(buffer));
}

std::optional<Numeric> ParseNumeric(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (negative || text.front() == '+')) text.remove_prefix(1);

  Mantissa mantissa;
  int64_t exponent = 0;
  if (!ReadMantissa(&text, &mantissa) || !ReadExponent(&text, &exponent) || !text.empty()) return std::nullopt;
  int64_t scale = mantissa.scale - exponent;
  if (mantissa.unscaled == 0) {
    if (scale > kMaxNumericDigits) return std::nullopt;
    return Numeric::Make(0, static_cast<int32_t>(std::max<int64_t>(scale, 0)));
  }
  if (scale > kMaxNumericDigits || scale < -kMaxNumericDigits) return std::nullopt;
  int128 unscaled = mantissa.unscaled;
  if (scale < 0) {
    int128 power = PowerOfTen(static_cast<int32_t>(-scale));
    if (unscaled > MaxNumericUnscaled() / power) return std::nullopt;
    unscaled *= power;
    scale = 0;
  }
  return Numeric::Make(negative ? -unscaled : unscaled, static_cast<int32_t>(scale));
}

std::optional<Numeric> RescaleNumeric(const Numeric& value, int32_t scale) {
  int128 unscaled = value.unscaled();
  if (scale == value.scale) return value;
  if (scale > value.scale) {
    int128 power = PowerOfTen(scale - value.scale);
    int128 limit = MaxNumericUnscaled() / power;
    if (unscaled > limit || unscaled < -limit) return std::nullopt;
    return Numeric::Make(unscaled * power, scale);
  }
  int128 power = PowerOfTen(value.scale - scale);
  int128 quotient = unscaled / power;
  int128 rest = unscaled % power;
  if (rest < 0 ? rest <= -(power / 2) : rest >= power / 2) quotient += unscaled < 0 ? -1 : 1;
  return Numeric::Make(quotient, scale);
}

Numeric WithoutTrailingZeros(const Numeric& value) {
  int128 unscaled = value.unscaled();
  int32_t scale = value.scale;
  while (scale > 0 && unscaled % 10 == 0) {
    unscaled /= 10;
    --scale;
  }
  return Numeric::Make(unscaled, scale);
}

}  // namespace freshet
