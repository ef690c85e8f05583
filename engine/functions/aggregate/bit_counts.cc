#include "engine/functions/aggregate/bit_counts.h"

#include <algorithm>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/functions/aggregate/state_bytes.h"

namespace freshet {

BitCounts::BitCounts(DataType argument, EntryLayout& layout)
    : width_(PhysicalOf(argument.kind) == PhysicalType::kInt64 ? 64 : 32),
      offset_(layout.AddSlot(width_ * sizeof(int64_t))) {
  CHECK(PhysicalOf(argument.kind) == PhysicalType::kInt32 || PhysicalOf(argument.kind) == PhysicalType::kInt64);
}

template <typename T>
void BitCounts::AddValues(const AccumulatorInput& input) {
  input.ForEach<T>([&](Entry* entry, T value, int64_t weight) {
    int64_t* counts = &entry->At<int64_t>(offset_);
    for (auto bits = static_cast<std::make_unsigned_t<T>>(value); bits != 0; bits &= bits - 1) {
      counts[std::countr_zero(bits)] += weight;
    }
  });
}

void BitCounts::Add(const AccumulatorInput& input, BlockPool& pool) {
  if (width_ == 64) {
    AddValues<int64_t>(input);
  } else {
    AddValues<int32_t>(input);
  }
}

void BitCounts::Release(Entry* entry, BlockPool& pool) { std::fill_n(&entry->At<int64_t>(offset_), width_, 0); }

void BitCounts::Save(const Entry* entry, std::string* out) const {
  const int64_t* counts = &entry->At<int64_t>(offset_);
  for (uint32_t bit = 0; bit < width_; ++bit) PutFixed(counts[bit], out);
}

bool BitCounts::Load(std::string_view* bytes, Entry* entry, BlockPool& pool) {
  int64_t* counts = &entry->At<int64_t>(offset_);
  for (uint32_t bit = 0; bit < width_; ++bit) {
    if (!TakeFixed(bytes, &counts[bit])) return false;
  }
  return true;
}

}  // namespace freshet
