// Quotients as PostgreSQL's numeric shows them: at least 16 significant digits, at least the dividend's scale
// (select_div_scale in its numeric.c), rounded half away from zero; where that takes more than 38 digits, fewer behind
// the point.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>

#include "engine/columnar/numeric.h"
#include "engine/functions/aggregate/scale_sums.h"

namespace freshet {

// The scale of dividend / divisor, both magnitudes; the divisor a whole number.
int32_t QuotientScale(const std::string& dividend_digits, int32_t dividend_scale, const std::string& divisor_digits);

// Divides by the product of the divisors, each > 0, which fits in 128 bits. False: the whole part alone takes more than
// 38 digits.
template <int kLimbs>
bool DecimalQuotient(const DecimalTotal<kLimbs>& dividend, std::initializer_list<uint64_t> divisors, Numeric* result) {
  WideInteger<2> product = WideInteger<2>::From(int128{1});
  for (uint64_t divisor : divisors) product.Multiply(divisor);
  int32_t scale = QuotientScale(dividend.magnitude.Digits(), dividend.scale, product.Digits());
  for (; scale >= 0; --scale) {
    // Rounded as (2 * dividend / divisor + 1) / 2.
    WideInteger<kLimbs> quotient = dividend.magnitude;
    quotient.Multiply(2);
    MultiplyByPowerOfTen(quotient, scale - dividend.scale);
    for (uint64_t divisor : divisors) quotient.Divide(divisor);
    for (int32_t digits = dividend.scale - scale; digits > 0; --digits) quotient.Divide(10);
    quotient.Add(WideInteger<kLimbs>::From(int128{1}));
    quotient.Divide(2);
    if (!quotient.FitsIn127Bits() || quotient.ToInt128() > MaxNumericUnscaled()) continue;
    *result = Numeric::Make(dividend.negative ? -quotient.ToInt128() : quotient.ToInt128(), scale);
    return true;
  }
  return false;
}

}  // namespace freshet
