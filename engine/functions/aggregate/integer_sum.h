// Sums integers in 128 bits: no sum of 64-bit values with 64-bit weights overflows it.
#pragma once

#include <memory>

#include "engine/base/int128.h"
#include "engine/functions/aggregate/accumulator.h"

namespace freshet {

class IntegerSum : public Accumulator {
 public:
  // `argument`: smallint, integer or bigint, or boolean, of which TRUE counts 1.
  IntegerSum(DataType argument, EntryLayout& layout);

  void Add(const AccumulatorInput& input, BlockPool& pool) override;
  void Release(Entry* entry, BlockPool& pool) override;
  void Save(const Entry* entry, std::string* out) const override;
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override;

  int128 Of(const Entry* entry) const { return entry->At<Slot>(offset_).value(); }

 private:
  // Slots are aligned to 8 bytes, an int128 would be to 16.
  struct Slot {
    uint64_t low;
    int64_t high;

    int128 value() const { return (static_cast<int128>(high) << 64) | low; }
    void Add(int128 addend) {
      int128 sum = value() + addend;
      low = static_cast<uint64_t>(sum);
      high = static_cast<int64_t>(sum >> 64);
    }
  };

  template <typename T>
  void AddValues(const AccumulatorInput& input);

  PhysicalType physical_;
  uint32_t offset_;
};

}  // namespace freshet
