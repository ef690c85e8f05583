// Counts for each bit of an integer the values that have it set: what bit_and, bit_or and bit_xor are is read off the
// counts, also after retractions. 8 bytes a bit in the group's entry.
#pragma once

#include "engine/functions/aggregate/accumulator.h"

namespace freshet {

class BitCounts : public Accumulator {
 public:
  // `argument`: smallint, integer or bigint.
  BitCounts(DataType argument, EntryLayout& layout);

  void Add(const AccumulatorInput& input, BlockPool& pool) override;
  void Release(Entry* entry, BlockPool& pool) override;
  void Save(const Entry* entry, std::string* out) const override;
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override;

  // The value whose bit i is set where wanted(count of bit i), sign-extended from the argument's width.
  template <typename Wanted>
  int64_t Where(const Entry* entry, Wanted wanted) const {
    const int64_t* counts = &entry->At<int64_t>(offset_);
    uint64_t value = 0;
    for (uint32_t bit = 0; bit < width_; ++bit) value |= uint64_t{wanted(counts[bit])} << bit;
    return width_ == 64 ? static_cast<int64_t>(value) : static_cast<int32_t>(value);
  }

 private:
  template <typename T>
  void AddValues(const AccumulatorInput& input);

  uint32_t width_;  // bits
  uint32_t offset_;
};

}  // namespace freshet
