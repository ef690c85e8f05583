// Integers of several 64-bit limbs, for sums that must not overflow on the way: two's complement while they are summed,
// magnitudes for division and rounding.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>

#include "engine/base/int128.h"

namespace freshet {

template <int kLimbs>
struct WideInteger {
  std::array<uint64_t, kLimbs> limbs{};  // lowest first

  static WideInteger From(int128 value) {
    WideInteger wide;
    wide.limbs[0] = static_cast<uint64_t>(value);
    wide.limbs[1] = static_cast<uint64_t>(value >> 64);
    for (int i = 2; i < kLimbs; ++i) wide.limbs[i] = value < 0 ? ~uint64_t{0} : 0;
    return wide;
  }
  // Sign-extends.
  template <int kOther>
  static WideInteger From(const WideInteger<kOther>& other) {
    static_assert(kOther <= kLimbs);
    WideInteger wide;
    for (int i = 0; i < kLimbs; ++i) wide.limbs[i] = i < kOther ? other.limbs[i] : other.negative() ? ~uint64_t{0} : 0;
    return wide;
  }

  bool negative() const { return static_cast<int64_t>(limbs[kLimbs - 1]) < 0; }
  bool is_zero() const {
    uint64_t any = 0;
    for (uint64_t limb : limbs) any |= limb;
    return any == 0;
  }

  void Add(const WideInteger& other) {
    unsigned char carry = 0;
    for (int i = 0; i < kLimbs; ++i) {
      uint128 sum = static_cast<uint128>(limbs[i]) + other.limbs[i] + carry;
      limbs[i] = static_cast<uint64_t>(sum);
      carry = static_cast<unsigned char>(sum >> 64);
    }
  }
  void Negate() {
    for (uint64_t& limb : limbs) limb = ~limb;
    WideInteger one;
    one.limbs[0] = 1;
    Add(one);
  }
  // Of magnitudes: multiplies, and tells whether it still fits.
  bool Multiply(uint64_t factor) {
    uint64_t carry = 0;
    for (uint64_t& limb : limbs) {
      uint128 product = static_cast<uint128>(limb) * factor + carry;
      limb = static_cast<uint64_t>(product);
      carry = static_cast<uint64_t>(product >> 64);
    }
    return carry == 0;
  }
  // A magnitude becomes a signed product.
  void MultiplySigned(int64_t factor) {
    Multiply(factor < 0 ? ~static_cast<uint64_t>(factor) + 1 : static_cast<uint64_t>(factor));
    if (factor < 0) Negate();
  }
  // Of magnitudes: divides and returns the remainder.
  uint64_t Divide(uint64_t divisor) {
    uint64_t remainder = 0;
    for (int i = kLimbs - 1; i >= 0; --i) {
      if (remainder == 0 && limbs[i] == 0) continue;
      uint128 part = (static_cast<uint128>(remainder) << 64) | limbs[i];
      limbs[i] = static_cast<uint64_t>(part / divisor);
      remainder = static_cast<uint64_t>(part % divisor);
    }
    return remainder;
  }
  // Of magnitudes: bits up to the highest that is set.
  int BitWidth() const {
    for (int i = kLimbs - 1; i >= 0; --i) {
      if (limbs[i] != 0) return i * 64 + std::bit_width(limbs[i]);
    }
    return 0;
  }
  bool FitsIn127Bits() const { return BitWidth() <= 127; }
  // The value of a magnitude that fits.
  int128 ToInt128() const { return (static_cast<int128>(limbs[1]) << 64) | limbs[0]; }
  // Decimal digits of a magnitude, without leading zeros; empty for 0.
  std::string Digits() const {
    constexpr uint64_t kBlock = 10'000'000'000'000'000'000ull;  // 10^19
    WideInteger rest = *this;
    std::string digits;
    while (!rest.is_zero()) {
      std::string block = std::to_string(rest.Divide(kBlock));
      if (!rest.is_zero()) block.insert(0, 19 - block.size(), '0');
      digits.insert(0, block);
    }
    return digits;
  }
};

// The product of magnitudes, for results that fit.
template <int kLimbs, int kLeft, int kRight>
WideInteger<kLimbs> ProductOf(const WideInteger<kLeft>& left, const WideInteger<kRight>& right) {
  WideInteger<kLimbs> product;
  for (int i = 0; i < kLeft; ++i) {
    uint64_t carry = 0;
    for (int j = 0; i + j < kLimbs; ++j) {
      uint128 sum =
          static_cast<uint128>(left.limbs[i]) * (j < kRight ? right.limbs[j] : 0) + product.limbs[i + j] + carry;
      product.limbs[i + j] = static_cast<uint64_t>(sum);
      carry = static_cast<uint64_t>(sum >> 64);
    }
  }
  return product;
}

}  // namespace freshet
