// Sums of decimal numbers, exactly: for each scale among them a sum of their unscaled integers, and how many there are,
// since PostgreSQL shows a sum with the largest scale of its inputs. One scale lies in the entry; more of them in a
// block of the pool.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "engine/columnar/numeric.h"
#include "engine/functions/aggregate/state_bytes.h"
#include "engine/functions/aggregate/wide_integer.h"
#include "engine/state/block_pool.h"
#include "engine/state/entry.h"
#include "engine/state/entry_layout.h"

namespace freshet {

// magnitude / 10^scale.
template <int kLimbs>
struct DecimalTotal {
  WideInteger<kLimbs> magnitude;
  bool negative = false;
  int32_t scale = 0;
};

template <int kLimbs>
void MultiplyByPowerOfTen(WideInteger<kLimbs>& magnitude, int32_t digits) {
  for (; digits > 0; digits -= 19) magnitude.Multiply(static_cast<uint64_t>(PowerOfTen(std::min(digits, 19))));
}

// kLimbs hold every sum of one scale with its sign; kTotalLimbs hold it brought to the largest scale.
template <int kLimbs, int kTotalLimbs>
class ScaleSums {
 public:
  struct ScaleSum {
    WideInteger<kLimbs> sum;
    int64_t count;
    int32_t scale;
  };

  explicit ScaleSums(EntryLayout& layout) : offset_(layout.AddSlot(sizeof(Slot))) {}

  void Add(Entry* entry, const ScaleSum& value, BlockPool& pool) { AddTo(entry->At<Slot>(offset_), value, pool); }

  DecimalTotal<kTotalLimbs> Of(const Entry* entry) const {
    ScaleSum single;
    const std::span<const ScaleSum> sums = SumsOf(entry, &single);
    DecimalTotal<kTotalLimbs> total;
    for (const ScaleSum& sum : sums) total.scale = std::max(total.scale, sum.scale);
    for (const ScaleSum& sum : sums) {
      auto part = WideInteger<kTotalLimbs>::From(sum.sum);
      bool negative = part.negative();
      if (negative) part.Negate();
      MultiplyByPowerOfTen(part, total.scale - sum.scale);
      if (negative) part.Negate();
      total.magnitude.Add(part);
    }
    total.negative = total.magnitude.negative();
    if (total.negative) total.magnitude.Negate();
    return total;
  }

  void Release(Entry* entry, BlockPool& pool) {
    Slot& slot = entry->At<Slot>(offset_);
    if (slot.is_list != 0) pool.Free(slot.list(), ScaleList::Bytes(slot.list()->capacity));
    slot = {};
  }

  void Save(const Entry* entry, std::string* out) const {
    ScaleSum single;
    const std::span<const ScaleSum> sums = SumsOf(entry, &single);
    PutFixed(static_cast<uint32_t>(sums.size()), out);
    for (const ScaleSum& sum : sums) {
      PutFixed(sum.sum, out);
      PutFixed(sum.count, out);
      PutFixed(sum.scale, out);
    }
  }

  bool Load(std::string_view* bytes, Entry* entry, int32_t scale_max, BlockPool& pool) {
    uint32_t scales = 0;
    if (!TakeFixed(bytes, &scales)) return false;
    for (uint32_t i = 0; i < scales; ++i) {
      ScaleSum sum;
      if (!TakeFixed(bytes, &sum.sum) || !TakeFixed(bytes, &sum.count) || !TakeFixed(bytes, &sum.scale)) return false;
      if (sum.scale < 0 || sum.scale > scale_max) return false;
      Add(entry, sum, pool);
    }
    return true;
  }

 private:
  struct ScaleList {
    uint32_t size;
    uint32_t capacity;
    ScaleSum* sums() { return reinterpret_cast<ScaleSum*>(this + 1); }
    static size_t Bytes(uint32_t capacity) { return sizeof(ScaleList) + capacity * sizeof(ScaleSum); }
  };
  // One scale by itself, or the address of a ScaleList in its first limb.
  struct Slot {
    WideInteger<kLimbs> sum;
    int64_t count;
    int32_t scale;
    uint32_t is_list;

    ScaleList* list() const { return reinterpret_cast<ScaleList*>(sum.limbs[0]); }
  };

  std::span<const ScaleSum> SumsOf(const Entry* entry, ScaleSum* single) const {
    const Slot& slot = entry->At<Slot>(offset_);
    if (slot.is_list != 0) return {slot.list()->sums(), slot.list()->size};
    *single = {slot.sum, slot.count, slot.scale};
    return {single, 1};
  }

  static void AddTo(Slot& slot, const ScaleSum& value, BlockPool& pool) {
    if (slot.is_list == 0) {
      if (slot.count == 0 && slot.sum.is_zero()) slot.scale = value.scale;
      if (slot.scale == value.scale) {
        slot.sum.Add(value.sum);
        slot.count += value.count;
        return;
      }
      MakeList(slot, 4, pool);
    }
    ScaleList* list = slot.list();
    ScaleSum* end = list->sums() + list->size;
    ScaleSum* found = std::find_if(list->sums(), end, [&](const ScaleSum& sum) { return sum.scale == value.scale; });
    if (found != end) {
      found->sum.Add(value.sum);
      found->count += value.count;
      if (found->count != 0 || !found->sum.is_zero()) return;
      *found = end[-1];
      if (--list->size > 1) return;
      ScaleSum last = list->sums()[0];
      pool.Free(list, ScaleList::Bytes(list->capacity));
      slot = {last.sum, last.count, last.scale, 0};
      return;
    }
    if (list->size == list->capacity) MakeList(slot, list->capacity * 2, pool);
    list = slot.list();
    list->sums()[list->size++] = value;
  }

  static void MakeList(Slot& slot, uint32_t capacity, BlockPool& pool) {
    auto* list = static_cast<ScaleList*>(pool.Allocate(ScaleList::Bytes(capacity)));
    list->capacity = capacity;
    if (slot.is_list == 0) {
      list->size = 1;
      list->sums()[0] = {slot.sum, slot.count, slot.scale};
    } else {
      ScaleList* old = slot.list();
      list->size = old->size;
      std::memcpy(list->sums(), old->sums(), old->size * sizeof(ScaleSum));
      pool.Free(old, ScaleList::Bytes(old->capacity));
    }
    slot = {};
    slot.sum.limbs[0] = reinterpret_cast<uint64_t>(list);
    slot.is_list = 1;
  }

  uint32_t offset_;
};

}  // namespace freshet
