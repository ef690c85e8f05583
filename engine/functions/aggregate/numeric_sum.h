// Sums numerics exactly: for each scale among the values a sum of their unscaled integers in 192 bits, and how many
// there are, since PostgreSQL shows a sum with the largest scale of its inputs. One scale lies in the entry; more of
// them in a block of the pool.
#pragma once

#include <memory>

#include "engine/functions/aggregate/accumulator.h"
#include "engine/functions/aggregate/wide_integer.h"

namespace freshet {

// A sum as magnitude / 10^scale.
struct NumericTotal {
  WideInteger<8> magnitude;
  bool negative = false;
  int32_t scale = 0;
};

class NumericSum : public Accumulator {
 public:
  explicit NumericSum(EntryLayout& layout);

  void Add(const AccumulatorInput& input, BlockPool& pool) override;
  void Release(Entry* entry, BlockPool& pool) override;
  void Save(const Entry* entry, std::string* out) const override;
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override;

  NumericTotal Of(const Entry* entry) const;

 private:
  struct ScaleSum {
    WideInteger<3> sum;
    int64_t count;
    int32_t scale;
  };
  struct ScaleList {
    uint32_t size;
    uint32_t capacity;
    ScaleSum* sums() { return reinterpret_cast<ScaleSum*>(this + 1); }
    static size_t Bytes(uint32_t capacity) { return sizeof(ScaleList) + capacity * sizeof(ScaleSum); }
  };
  // One scale by itself, or the address of a ScaleList in its first limb.
  struct Slot {
    WideInteger<3> sum;
    int64_t count;
    int32_t scale;
    uint32_t is_list;

    ScaleList* list() const { return reinterpret_cast<ScaleList*>(sum.limbs[0]); }
  };

  static void AddTo(Slot& slot, const ScaleSum& value, BlockPool& pool);
  static void MakeList(Slot& slot, uint32_t capacity, BlockPool& pool);

  uint32_t offset_;
};

}  // namespace freshet
