#include "engine/functions/aggregate/decimal_quotient.h"

namespace freshet {
namespace {

constexpr int32_t kMinSignificantDigits = 16;
constexpr int32_t kGroupDigits = 4;  // PostgreSQL computes in base 10000

// The place and value of a number's first digit in base 10000.
struct FirstGroup {
  int32_t weight = 0;
  int32_t digit = 0;
};

FirstGroup FirstGroupOf(const std::string& digits, int32_t scale) {
  if (digits.empty()) return {};
  int32_t exponent = static_cast<int32_t>(digits.size()) - 1 - scale;
  int32_t weight = exponent >= 0 ? exponent / kGroupDigits : -((-exponent + kGroupDigits - 1) / kGroupDigits);
  std::string group = digits.substr(0, static_cast<size_t>(exponent - weight * kGroupDigits + 1));
  group.resize(static_cast<size_t>(exponent - weight * kGroupDigits + 1), '0');
  return {weight, std::stoi(group)};
}

}  // namespace

int32_t QuotientScale(const std::string& dividend_digits, int32_t dividend_scale, const std::string& divisor_digits) {
  FirstGroup dividend = FirstGroupOf(dividend_digits, dividend_scale);
  FirstGroup divisor = FirstGroupOf(divisor_digits, 0);
  int32_t weight = dividend.weight - divisor.weight - (dividend.digit <= divisor.digit ? 1 : 0);
  return std::min(std::max(kMinSignificantDigits - weight * kGroupDigits, dividend_scale), kMaxNumericDigits);
}

}  // namespace freshet
