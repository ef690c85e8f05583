// Sums numerics exactly, in 192 bits for each scale.
#pragma once

#include "engine/functions/aggregate/accumulator.h"
#include "engine/functions/aggregate/scale_sums.h"

namespace freshet {

using NumericTotal = DecimalTotal<8>;

class NumericSum : public Accumulator {
 public:
  explicit NumericSum(EntryLayout& layout) : sums_(layout) {}

  void Add(const AccumulatorInput& input, BlockPool& pool) override;
  void Release(Entry* entry, BlockPool& pool) override { sums_.Release(entry, pool); }
  void Save(const Entry* entry, std::string* out) const override { sums_.Save(entry, out); }
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override {
    return sums_.Load(bytes, entry, kMaxNumericDigits, pool);
  }

  NumericTotal Of(const Entry* entry) const { return sums_.Of(entry); }

 private:
  ScaleSums<3, 8> sums_;
};

}  // namespace freshet
