#include "engine/functions/aggregate/double_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "engine/functions/aggregate/state_bytes.h"

namespace freshet {
namespace {

constexpr int32_t kUnitExponent = -1074;  // of the least subnormal
constexpr int kMantissaBits = 53;
// The window begins this far below the first value, for smaller ones that come later.
constexpr int32_t kBelowFirst = 40;
// A product of mantissa and weight takes up to 117 bits with its sign.
constexpr int32_t kMaxWindowBits = 189;

// A finite double as mantissa * 2^(position - 1074).
struct Parts {
  int128 mantissa = 0;
  int32_t position = 0;
};

Parts PartsOf(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const auto exponent = static_cast<int32_t>((bits >> 52) & 0x7ff);
  uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  if (exponent != 0) fraction |= uint64_t{1} << 52;
  return {value < 0 ? -static_cast<int128>(fraction) : static_cast<int128>(fraction), std::max(exponent, 1) - 1};
}

// value << shift, for results of less than 192 bits.
WideInteger<3> ShiftLeft(int128 value, int32_t shift) {
  auto wide = WideInteger<3>::From(value);
  if (shift >= 64) {
    wide.limbs = {0, wide.limbs[0], wide.limbs[1]};
    shift -= 64;
  }
  if (shift > 0) {
    wide.limbs = {wide.limbs[0] << shift, (wide.limbs[1] << shift) | (wide.limbs[0] >> (64 - shift)),
                  (wide.limbs[2] << shift) | (wide.limbs[1] >> (64 - shift))};
  }
  return wide;
}

// Rounds magnitude * 2^(base - 1074), which has a 1 below it if `sticky`.
template <int kLimbs>
double Round(const WideInteger<kLimbs>& magnitude, int32_t base, bool sticky) {
  int top = magnitude.BitWidth() - 1;  // relative to base
  if (top < 0) return 0;
  int lowest = std::max(top + base - (kMantissaBits - 1), 0) - base;  // the result's last bit
  auto bit = [&](int at) { return at < 0 ? 0 : (magnitude.limbs[at / 64] >> (at % 64)) & 1; };
  uint64_t mantissa;  // the bits top .. lowest, 53 at most
  if (lowest < 0) {
    mantissa = magnitude.limbs[0] << -lowest;
  } else {
    int limb = lowest / 64, shift = lowest % 64;
    mantissa = magnitude.limbs[limb] >> shift;
    if (shift > 0 && limb + 1 < kLimbs) mantissa |= magnitude.limbs[limb + 1] << (64 - shift);
  }
  bool below = sticky;
  for (int limb = 0; limb * 64 < lowest - 1 && !below; ++limb) {
    uint64_t bits = magnitude.limbs[limb];
    int kept = lowest - 1 - limb * 64;
    if (kept < 64) bits &= (uint64_t{1} << kept) - 1;
    below = bits != 0;
  }
  if (bit(lowest - 1) != 0 && (below || (mantissa & 1) != 0)) ++mantissa;
  return std::ldexp(static_cast<double>(mantissa), lowest + base + kUnitExponent);
}

// Divides with 128 bits behind the point, which leaves more than a mantissa's bits for every divisor.
template <int kLimbs>
double RoundQuotient(WideInteger<kLimbs> sum, int32_t base, uint64_t divisor) {
  bool negative = sum.negative();
  if (negative) sum.Negate();
  double result;
  if (divisor == 1) {
    result = Round(sum, base, false);
  } else {
    WideInteger<kLimbs + 2> scaled;
    std::copy(sum.limbs.begin(), sum.limbs.end(), scaled.limbs.begin() + 2);
    uint64_t remainder = scaled.Divide(divisor);
    result = Round(scaled, base - 128, remainder != 0);
  }
  return negative ? -result : result;
}

}  // namespace

DoubleSum::DoubleSum(EntryLayout& layout) : offset_(layout.AddSlot(sizeof(Slot))) {}

void DoubleSum::Add(const AccumulatorInput& input, BlockPool& pool) {
  const double* values = input.column->values<double>();
  for (uint32_t i = 0; i < input.count; ++i) {
    AddValue(input.entries[i]->At<Slot>(offset_), values[input.RowAt(i)], input.WeightAt(i), pool);
  }
}

void DoubleSum::AddValue(Slot& slot, double value, int64_t weight, BlockPool& pool) {
  if (__builtin_expect(!std::isfinite(value), false)) {
    if (slot.is_full == 0) MakeFull(slot, pool);
    Full* full = slot.full();
    (std::isnan(value) ? full->nan : value > 0 ? full->positive_infinity : full->negative_infinity) += weight;
    return;
  }
  const Parts parts = PartsOf(value);
  if (parts.mantissa == 0) return;
  const int128 product = parts.mantissa * weight;
  const int32_t position = parts.position;
  if (slot.is_full == 0) {
    if (__builtin_expect(AddToWindow(slot, product, position), true)) return;
    MakeFull(slot, pool);
  }
  AddToFull(*slot.full(), WideInteger<3>::From(product), position);
}

bool DoubleSum::AddToWindow(Slot& slot, int128 product, int32_t position) {
  if (slot.window.is_zero()) slot.base = std::max(position - kBelowFirst, 0);
  int32_t shift = position - slot.base;
  if (shift < 0 || shift > 126) return false;
  if (shift > 70) {
    uint128 magnitude = static_cast<uint128>(product < 0 ? -product : product);
    uint64_t high = static_cast<uint64_t>(magnitude >> 64);
    int32_t width = high != 0 ? 64 + std::bit_width(high) : std::bit_width(static_cast<uint64_t>(magnitude));
    if (width + shift > kMaxWindowBits) return false;
  }
  // Sums stay below 2^190: one that left a free bit is moved before the next addition could overflow.
  int64_t top = static_cast<int64_t>(slot.window.limbs[2]);
  if (((top >> 62) ^ (top >> 63)) != 0) return false;
  slot.window.Add(ShiftLeft(product, shift));
  return true;
}

void DoubleSum::AddToFull(Full& full, const WideInteger<3>& part, int32_t position) {
  // Shifted by less than 64 bits, a window of 191 bits and a sign needs four limbs.
  uint32_t shift = static_cast<uint32_t>(position) % 64;
  uint64_t sign = part.negative() ? ~uint64_t{0} : 0;
  uint64_t shifted[4] = {part.limbs[0], part.limbs[1], part.limbs[2], sign};
  if (shift > 0) {
    for (int i = 3; i > 0; --i) shifted[i] = (shifted[i] << shift) | (shifted[i - 1] >> (64 - shift));
    shifted[0] <<= shift;
  }
  unsigned char carry = 0;
  for (int limb = position / 64, i = 0; limb < kFullLimbs; ++limb, ++i) {
    uint64_t addend = i < 4 ? shifted[i] : sign;
    if (i >= 4 && addend == 0 && carry == 0) break;
    uint128 sum = static_cast<uint128>(full.sum.limbs[limb]) + addend + carry;
    full.sum.limbs[limb] = static_cast<uint64_t>(sum);
    carry = static_cast<unsigned char>(sum >> 64);
  }
}

void DoubleSum::MakeFull(Slot& slot, BlockPool& pool) {
  Full* full = new (pool.Allocate(sizeof(Full))) Full{};
  AddToFull(*full, slot.window, slot.base);
  slot = {};
  slot.window.limbs[0] = reinterpret_cast<uint64_t>(full);
  slot.is_full = 1;
}

double DoubleSum::Quotient(const Entry* entry, uint64_t divisor, bool* overflow) const {
  const Slot& slot = entry->At<Slot>(offset_);
  double result;
  if (slot.is_full == 0) {
    result = RoundQuotient(slot.window, slot.base, divisor);
  } else {
    const Full& full = *slot.full();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (full.nan != 0 || (full.positive_infinity != 0 && full.negative_infinity != 0)) return std::nan("");
    if (full.positive_infinity != 0) return kInfinity;
    if (full.negative_infinity != 0) return -kInfinity;
    result = RoundQuotient(full.sum, 0, divisor);
  }
  *overflow = std::isinf(result);
  return result;
}

DoublePair DoubleSum::ToTwiceTheDigits(const Entry* entry) const {
  bool overflow = false;
  const double value = Quotient(entry, 1, &overflow);
  if (!std::isfinite(value) || value == 0) return {value, 0};
  const Slot& slot = entry->At<Slot>(offset_);
  Full rest{};
  if (slot.is_full != 0) {
    rest = *slot.full();
  } else {
    AddToFull(rest, slot.window, slot.base);
  }
  const Parts parts = PartsOf(value);
  AddToFull(rest, WideInteger<3>::From(-parts.mantissa), parts.position);
  return {value, RoundQuotient(rest.sum, 0, 1)};
}

void DoubleSum::Release(Entry* entry, BlockPool& pool) {
  Slot& slot = entry->At<Slot>(offset_);
  if (slot.is_full != 0) pool.Free(slot.full(), sizeof(Full));
  slot = {};
}

void DoubleSum::Save(const Entry* entry, std::string* out) const {
  const Slot& slot = entry->At<Slot>(offset_);
  PutFixed(slot.is_full, out);
  if (slot.is_full != 0) {
    PutFixed(*slot.full(), out);
  } else {
    PutFixed(slot.window, out);
    PutFixed(slot.base, out);
  }
}

bool DoubleSum::Load(std::string_view* bytes, Entry* entry, BlockPool& pool) {
  Slot& slot = entry->At<Slot>(offset_);
  uint32_t is_full = 0;
  if (!TakeFixed(bytes, &is_full) || is_full > 1) return false;
  if (is_full == 0) return TakeFixed(bytes, &slot.window) && TakeFixed(bytes, &slot.base) && slot.base >= 0;
  MakeFull(slot, pool);
  return TakeFixed(bytes, slot.full());
}

}  // namespace freshet
