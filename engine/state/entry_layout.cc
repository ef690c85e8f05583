#include "engine/state/entry_layout.h"

#include "engine/base/check.h"

namespace freshet {
namespace {

// Bytes of a key cell in an entry: narrow types are widened to one word, so that the common keys compare as words.
uint32_t KeyCellBytes(DataType type) {
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
      return 8;
    case PhysicalType::kNumeric:
      return 24;
    case PhysicalType::kString:
      return 16;
  }
  __builtin_unreachable();
}

}  // namespace

EntryLayout::EntryLayout(std::vector<DataType> key_types)
    : slots_offset_(sizeof(Entry)), entry_bytes_(sizeof(Entry)), bit_word_offset_(offsetof(Entry, bits)) {
  for (DataType type : key_types) {
    key_.push_back({type, entry_bytes_});
    entry_bytes_ += KeyCellBytes(type);
  }
  if (key_.size() > kMaxKeyColumnsInMeta) {
    extra_null_offset_ = entry_bytes_;
    entry_bytes_ += static_cast<uint32_t>((key_.size() - kMaxKeyColumnsInMeta + 63) / 64 * 8);
  }
  slots_offset_ = entry_bytes_;
}

uint32_t EntryLayout::AddSlot(uint32_t bytes) {
  CHECK(bytes % 8 == 0) << bytes;
  uint32_t offset = entry_bytes_;
  entry_bytes_ += bytes;
  return offset;
}

EntryBit EntryLayout::AddBit() {
  if (bits_used_ == 32) {
    bit_word_offset_ = AddSlot(8);
    bits_used_ = 0;
  }
  return {bit_word_offset_, uint32_t{1} << bits_used_++};
}

}  // namespace freshet
