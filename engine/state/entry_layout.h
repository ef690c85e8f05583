// Fixes where the key's cells and the slots of its users lie in the entries of one KeyTable. Built at plan time: every
// user adds its slots, then the table takes the finished layout.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/columnar/types.h"
#include "engine/state/entry.h"

namespace freshet {

class EntryLayout {
 public:
  // How one key column lies in the entry: boolean, integers, dates, times and doubles as one normalised 64-bit word.
  struct KeyCell {
    DataType type;
    uint32_t offset = 0;
  };
  // Key columns whose NULL is told by a bit of the entry's meta word; later ones have a word of bits each 32.
  static constexpr uint32_t kMaxKeyColumnsInMeta = 16;

  // No key columns = the one entry of a global aggregate.
  explicit EntryLayout(std::vector<DataType> key_types);

  // Reserves `bytes` (multiple of 8, aligned to 8), zero in a new entry. Returns the offset.
  uint32_t AddSlot(uint32_t bytes);
  EntryBit AddBit();

  std::span<const KeyCell> key() const { return key_; }
  // Offset of the NULL bits of key columns kMaxKeyColumnsInMeta and later.
  uint32_t extra_null_offset() const { return extra_null_offset_; }
  // Where slots begin: what lies behind is zeroed when an entry begins to live.
  uint32_t slots_offset() const { return slots_offset_; }
  // Entries that nearly fill a cache line are as large as one, so that none lies across two.
  uint32_t entry_bytes() const { return entry_bytes_ > 48 && entry_bytes_ < 64 ? 64 : entry_bytes_; }

 private:
  std::vector<KeyCell> key_;
  uint32_t extra_null_offset_ = 0;
  uint32_t slots_offset_;
  uint32_t entry_bytes_;
  uint32_t bit_word_offset_;
  uint32_t bits_used_ = 0;  // of the word at bit_word_offset_
};

}  // namespace freshet
