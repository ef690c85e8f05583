// Sums the squares of integers and numerics exactly, those of doubles to twice a double's digits: with the sum and the
// count what variances are made of.
#pragma once

#include "engine/functions/aggregate/accumulator.h"
#include "engine/functions/aggregate/double_sum.h"
#include "engine/functions/aggregate/scale_sums.h"

namespace freshet {

class DecimalSquareSum : public Accumulator {
 public:
  // `argument`: smallint, integer, bigint or numeric.
  DecimalSquareSum(DataType argument, EntryLayout& layout) : physical_(PhysicalOf(argument.kind)), sums_(layout) {}

  void Add(const AccumulatorInput& input, BlockPool& pool) override;
  void Release(Entry* entry, BlockPool& pool) override { sums_.Release(entry, pool); }
  void Save(const Entry* entry, std::string* out) const override { sums_.Save(entry, out); }
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override {
    return sums_.Load(bytes, entry, 2 * kMaxNumericDigits, pool);
  }

  // Its scale is twice the largest scale of the values.
  DecimalTotal<10> Of(const Entry* entry) const { return sums_.Of(entry); }

 private:
  PhysicalType physical_;
  // A square of 38 digits has 253 bits, 2^63 of them 316; brought from scale 0 to scale 76 they have 569.
  ScaleSums<5, 10> sums_;
};

class DoubleSquareSum : public Accumulator {
 public:
  explicit DoubleSquareSum(EntryLayout& layout) : sum_(layout) {}

  void Add(const AccumulatorInput& input, BlockPool& pool) override;
  void Release(Entry* entry, BlockPool& pool) override { sum_.Release(entry, pool); }
  void Save(const Entry* entry, std::string* out) const override { sum_.Save(entry, out); }
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override { return sum_.Load(bytes, entry, pool); }

  DoublePair Of(const Entry* entry) const { return sum_.ToTwiceTheDigits(entry); }

 private:
  DoubleSum sum_;
};

}  // namespace freshet
