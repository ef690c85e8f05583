#include "engine/state/key_match.h"

namespace freshet::key_match {
namespace {

constexpr uint32_t kInMeta = EntryLayout::kMaxKeyColumnsInMeta;

}  // namespace

bool KeyIsNull(const Entry* entry, const EntryLayout& layout, uint32_t ordinal) {
  if (ordinal < kInMeta) return ((entry->meta >> (kNullShift + ordinal)) & 1) != 0;
  uint32_t bit = ordinal - kInMeta;
  return ((entry->At<uint64_t>(layout.extra_null_offset() + bit / 64 * 8) >> (bit % 64)) & 1) != 0;
}

bool AnyKey::Matches(const Entry* entry, uint32_t row) const {
  if (!nulls.Same(entry, row)) return false;
  for (uint32_t ordinal = 0; ordinal < layout.key().size(); ++ordinal) {
    const EntryLayout::KeyCell& cell = layout.key()[ordinal];
    const KeyBatch::Cells& cells = keys.cells(ordinal);
    bool null = KeyIsNull(entry, layout, ordinal);
    if (ordinal >= kInMeta && null != keys.IsNull(ordinal, row)) return false;
    if (null) continue;
    bool same = cells.words != nullptr     ? entry->At<uint64_t>(cell.offset) == cells.words[row]
                : cells.strings != nullptr ? entry->At<StringCell>(cell.offset) == cells.strings[row]
                                           : entry->At<Numeric>(cell.offset) == cells.numerics[row];
    if (!same) return false;
  }
  return true;
}

void AnyKey::Store(Entry* entry, uint32_t row, BlockPool& pool) const {
  nulls.Store(entry, row);
  size_t columns = layout.key().size();
  for (uint32_t offset = layout.extra_null_offset(); columns > kInMeta && offset < layout.slots_offset(); offset += 8) {
    entry->At<uint64_t>(offset) = 0;
  }
  for (uint32_t ordinal = 0; ordinal < columns; ++ordinal) {
    const EntryLayout::KeyCell& cell = layout.key()[ordinal];
    const KeyBatch::Cells& cells = keys.cells(ordinal);
    bool null = keys.IsNull(ordinal, row);
    if (null && ordinal >= kInMeta) {
      uint32_t bit = ordinal - kInMeta;
      entry->At<uint64_t>(layout.extra_null_offset() + bit / 64 * 8) |= uint64_t{1} << (bit % 64);
    }
    if (cells.words != nullptr) {
      entry->At<uint64_t>(cell.offset) = null ? 0 : cells.words[row];
    } else if (cells.strings != nullptr) {
      entry->At<StringCell>(cell.offset) = null ? StringCell() : OwnString(cells.strings[row], pool);
    } else {
      Numeric value = null ? Numeric() : cells.numerics[row];
      // 1.50 and 1.5 are one key; which of them came first must not show.
      entry->At<Numeric>(cell.offset) = cell.type.precision > 0 ? value : WithoutTrailingZeros(value);
    }
  }
}

}  // namespace freshet::key_match
