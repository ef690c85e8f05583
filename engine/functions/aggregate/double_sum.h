// Sums doubles exactly, whatever their order, and rounds once when the sum is asked for.
//
// Idea (Kulisch's long accumulator): every double is an integer multiple of 2^-1074, so a sum is an integer of some
// 2200 bits. Most groups' values lie within a window of 192 bits, which the entry holds with the position of its lowest
// bit; the others get the whole integer in a block of the pool. NaN and infinities are counted.
#pragma once

#include <memory>

#include "engine/functions/aggregate/accumulator.h"
#include "engine/functions/aggregate/wide_integer.h"

namespace freshet {

// value + rest, |rest| at most half of value's last digit.
struct DoublePair {
  double value = 0;
  double rest = 0;
};

class DoubleSum : public Accumulator {
 public:
  explicit DoubleSum(EntryLayout& layout);

  void Add(const AccumulatorInput& input, BlockPool& pool) override;
  void Release(Entry* entry, BlockPool& pool) override;
  void Save(const Entry* entry, std::string* out) const override;
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override;

  // The sum divided by `divisor` (> 0), rounded to nearest, ties to even. `overflow` is set where all values are finite
  // and the result is not.
  double Quotient(const Entry* entry, uint64_t divisor, bool* overflow) const;
  // The sum to some 106 bits. Infinite or NaN where Quotient is, without a rest.
  DoublePair ToTwiceTheDigits(const Entry* entry) const;

 private:
  static constexpr int kFullLimbs = 36;
  // The sum as an integer of units of 2^-1074.
  struct Full {
    WideInteger<kFullLimbs> sum;
    int64_t nan;
    int64_t positive_infinity;
    int64_t negative_infinity;
  };
  struct Slot {
    WideInteger<3> window;  // or the address of a Full in the first limb
    int32_t base;           // the window's lowest bit counts 2^(base - 1074)
    uint32_t is_full;

    Full* full() const { return reinterpret_cast<Full*>(window.limbs[0]); }
  };

  static void AddValue(Slot& slot, double value, int64_t weight, BlockPool& pool);
  static bool AddToWindow(Slot& slot, int128 product, int32_t position);
  static void AddToFull(Full& full, const WideInteger<3>& part, int32_t position);
  static void MakeFull(Slot& slot, BlockPool& pool);

  uint32_t offset_;
};

}  // namespace freshet
