#include "engine/functions/aggregate/integer_sum.h"

#include "engine/base/check.h"
#include "engine/functions/aggregate/state_bytes.h"

namespace freshet {

IntegerSum::IntegerSum(DataType argument, EntryLayout& layout)
    : physical_(PhysicalOf(argument.kind)), offset_(layout.AddSlot(sizeof(Slot))) {
  CHECK(physical_ == PhysicalType::kBool || physical_ == PhysicalType::kInt32 || physical_ == PhysicalType::kInt64);
}

template <typename T>
void IntegerSum::AddValues(const AccumulatorInput& input) {
  input.ForEach<T>([&](Entry* entry, T value, int64_t weight) {
    entry->At<Slot>(offset_).Add(static_cast<int128>(value) * weight);
  });
}

void IntegerSum::Add(const AccumulatorInput& input, BlockPool& pool) {
  if (physical_ == PhysicalType::kBool) {
    AddValues<uint8_t>(input);
  } else if (physical_ == PhysicalType::kInt32) {
    AddValues<int32_t>(input);
  } else {
    AddValues<int64_t>(input);
  }
}

void IntegerSum::Release(Entry* entry, BlockPool& pool) { entry->At<Slot>(offset_) = {}; }

void IntegerSum::Save(const Entry* entry, std::string* out) const { PutFixed(entry->At<Slot>(offset_), out); }

bool IntegerSum::Load(std::string_view* bytes, Entry* entry, BlockPool& pool) {
  return TakeFixed(bytes, &entry->At<Slot>(offset_));
}

}  // namespace freshet
