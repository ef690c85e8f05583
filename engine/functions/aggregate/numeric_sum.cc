#include "engine/functions/aggregate/numeric_sum.h"

#include <algorithm>
#include <cstring>

#include "engine/columnar/numeric.h"
#include "engine/functions/aggregate/state_bytes.h"

namespace freshet {
namespace {

// unscaled * weight in 192 bits.
WideInteger<3> Product(int128 unscaled, int64_t weight) {
  if (weight == 1) return WideInteger<3>::From(unscaled);
  bool negative = (unscaled < 0) != (weight < 0);
  auto product = WideInteger<3>::From(unscaled < 0 ? -unscaled : unscaled);
  product.Multiply(weight < 0 ? ~static_cast<uint64_t>(weight) + 1 : static_cast<uint64_t>(weight));
  if (negative) product.Negate();
  return product;
}

void MultiplyByPowerOfTen(WideInteger<8>& magnitude, int32_t digits) {
  for (; digits > 0; digits -= 19) magnitude.Multiply(static_cast<uint64_t>(PowerOfTen(std::min(digits, 19))));
}

}  // namespace

NumericSum::NumericSum(EntryLayout& layout) : offset_(layout.AddSlot(sizeof(Slot))) {}

void NumericSum::Add(const AccumulatorInput& input, BlockPool& pool) {
  const Numeric* values = input.column->values<Numeric>();
  for (uint32_t i = 0; i < input.count; ++i) {
    const Numeric& value = values[input.RowAt(i)];
    int64_t weight = input.WeightAt(i);
    AddTo(input.entries[i]->At<Slot>(offset_), {Product(value.unscaled(), weight), weight, value.scale}, pool);
  }
}

void NumericSum::AddTo(Slot& slot, const ScaleSum& value, BlockPool& pool) {
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

void NumericSum::MakeList(Slot& slot, uint32_t capacity, BlockPool& pool) {
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

NumericTotal NumericSum::Of(const Entry* entry) const {
  const Slot& slot = entry->At<Slot>(offset_);
  ScaleSum single{slot.sum, slot.count, slot.scale};
  std::span<const ScaleSum> sums = slot.is_list == 0
                                       ? std::span<const ScaleSum>(&single, 1)
                                       : std::span<const ScaleSum>(slot.list()->sums(), slot.list()->size);
  NumericTotal total;
  for (const ScaleSum& sum : sums) total.scale = std::max(total.scale, sum.scale);
  for (const ScaleSum& sum : sums) {
    auto part = WideInteger<8>::From(sum.sum);
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

void NumericSum::Release(Entry* entry, BlockPool& pool) {
  Slot& slot = entry->At<Slot>(offset_);
  if (slot.is_list != 0) pool.Free(slot.list(), ScaleList::Bytes(slot.list()->capacity));
  slot = {};
}

void NumericSum::Save(const Entry* entry, std::string* out) const {
  const Slot& slot = entry->At<Slot>(offset_);
  auto put = [&](const WideInteger<3>& sum, int64_t count, int32_t scale) {
    PutFixed(sum, out);
    PutFixed(count, out);
    PutFixed(scale, out);
  };
  PutFixed(slot.is_list == 0 ? 1u : slot.list()->size, out);
  if (slot.is_list == 0) return put(slot.sum, slot.count, slot.scale);
  for (uint32_t i = 0; i < slot.list()->size; ++i) {
    const ScaleSum& sum = slot.list()->sums()[i];
    put(sum.sum, sum.count, sum.scale);
  }
}

bool NumericSum::Load(std::string_view* bytes, Entry* entry, BlockPool& pool) {
  uint32_t scales = 0;
  if (!TakeFixed(bytes, &scales)) return false;
  for (uint32_t i = 0; i < scales; ++i) {
    ScaleSum sum;
    if (!TakeFixed(bytes, &sum.sum) || !TakeFixed(bytes, &sum.count) || !TakeFixed(bytes, &sum.scale)) return false;
    if (sum.scale < 0 || sum.scale > kMaxNumericDigits) return false;
    AddTo(entry->At<Slot>(offset_), sum, pool);
  }
  return true;
}

}  // namespace freshet
