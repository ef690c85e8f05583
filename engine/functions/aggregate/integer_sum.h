// Sums integers in 128 bits: no sum of 64-bit values with 64-bit weights overflows it.
#pragma once

#include <memory>

#include "engine/base/int128.h"
#include "engine/functions/aggregate/accumulator.h"

namespace freshet {

class IntegerSum : public Accumulator {
 public:
  // `argument`: smallint, integer or bigint.
  IntegerSum(DataType argument, EntryLayout& layout);

  void Add(const AccumulatorInput& input, BlockPool& pool) override;
  void Release(Entry* entry, BlockPool& pool) override;
  void Save(const Entry* entry, std::string* out) const override;
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override;

  int128 Of(const Entry* entry) const { return entry->At<Slot>(offset_); }

 private:
  // Slots are aligned to 8 bytes.
  typedef int128 Slot __attribute__((aligned(8)));

  template <typename T>
  void AddValues(const AccumulatorInput& input);

  PhysicalType physical_;
  uint32_t offset_;
};

}  // namespace freshet
