// The loop of numeric kernels for the values that nearly all are: 64 bits, scales at most 18 apart. Every lane is
// computed so, without branches, calls or divisions; rows whose operands are others are done again by the exact
// function.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/columnar/numeric.h"
#include "engine/expr/kernel_loops.h"

namespace freshet::numeric_lanes {

inline constexpr int32_t kLargestShift = 18;  // 10^18 fits 64 bits, and 2^63 * 10^18 twice 38 digits

// What brings the operands to one scale, by kLargestShift + the first one's scale - the second one's.
struct Factors {
  int64_t a = 1;
  int64_t b = 1;
};
constexpr std::array<Factors, 2 * kLargestShift + 1> MakeFactors() {
  std::array<Factors, 2 * kLargestShift + 1> factors{};
  for (int32_t shift = 1; shift <= kLargestShift; ++shift) {
    factors[kLargestShift - shift].a = factors[kLargestShift - shift + 1].a * 10;
    factors[kLargestShift + shift].b = factors[kLargestShift + shift - 1].b * 10;
  }
  return factors;
}
inline constexpr std::array<Factors, 2 * kLargestShift + 1> kFactors = MakeFactors();

// 0 if it fits 64 bits. Such words are put together with |, since && would branch.
inline uint64_t Excess(const Numeric& value) {
  return static_cast<uint64_t>(value.high ^ (static_cast<int64_t>(value.low) >> 63));
}

// Two operands brought to one scale; if they are not `small`, that means nothing.
struct Aligned {
  Aligned(const Numeric& first, const Numeric& second) {
    const uint32_t shift = static_cast<uint32_t>(first.scale) - static_cast<uint32_t>(second.scale) + kLargestShift;
    small = (Excess(first) | Excess(second) | (shift > 2 * kLargestShift ? 1 : 0)) == 0;
    const Factors& factors = kFactors[small ? shift : kLargestShift];
    a = static_cast<int128>(static_cast<int64_t>(first.low)) * factors.a;
    b = static_cast<int128>(static_cast<int64_t>(second.low)) * factors.b;
    scale = std::max(first.scale, second.scale);
  }
  int128 a, b;
  int32_t scale;
  bool small;
};

// Their product; if it is not `small`, that means nothing.
struct Product {
  Product(const Numeric& first, const Numeric& second) {
    const int64_t a = static_cast<int64_t>(first.low), b = static_cast<int64_t>(second.low);
    const uint32_t sum = static_cast<uint32_t>(first.scale) + static_cast<uint32_t>(second.scale);
    unscaled = static_cast<int128>(a) * b;
    scale = static_cast<int32_t>(sum);
    small = (Excess(first) | Excess(second) | PastEighteenDigits(a) | PastEighteenDigits(b) |
             (sum > static_cast<uint32_t>(kMaxNumericDigits) ? 1 : 0)) == 0;
  }
  // 0 if it has at most 18 digits.
  static uint64_t PastEighteenDigits(int64_t value) {
    constexpr uint64_t kLimit = 1'000'000'000'000'000'000;
    return static_cast<uint64_t>(value) + (kLimit - 1) > 2 * (kLimit - 1) ? 1 : 0;
  }
  int128 unscaled;
  int32_t scale;
  bool small;
};

// out[row] = fast(Lane(a, b)) where the lane is small, else exact(row, a, b), which may fail the row.
template <typename R, typename Lane, typename Fast, typename Exact>
inline void Binary(KernelCall& call, Fast fast, Exact exact) {
  R* __restrict out = call.result<R>();
  WithOperands<Numeric, Numeric>(call, [&](auto a, auto b) {
    bool all_small = true;
    ForLanes(call, [&](uint32_t row) {
      const Lane lane(a(row), b(row));
      all_small &= lane.small;
      out[row] = fast(lane);
    });
    if (all_small) return;
    ForSelected(call, [&](uint32_t row) {
      if (!Lane(a(row), b(row)).small && call.IsValid(row)) out[row] = exact(row, a(row), b(row));
    });
  });
}

}  // namespace freshet::numeric_lanes
