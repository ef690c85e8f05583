// One key of a KeyTable with what its users keep under it: a header, the key's cells, and slots at offsets that the
// EntryLayout fixed. Entries never move. Only the table creates and frees them.
#pragma once

#include <cstdint>

namespace freshet {

struct Entry {
  uint64_t hash;
  uint32_t bits;  // given out by EntryLayout::AddBit
  uint32_t meta;  // the table's own: see KeyTable

  char* bytes() { return reinterpret_cast<char*>(this); }
  const char* bytes() const { return reinterpret_cast<const char*>(this); }

  // What lies at an offset that EntryLayout::AddSlot gave.
  template <typename T>
  T& At(uint32_t offset) {
    return *reinterpret_cast<T*>(bytes() + offset);
  }
  template <typename T>
  const T& At(uint32_t offset) const {
    return *reinterpret_cast<const T*>(bytes() + offset);
  }
};
static_assert(sizeof(Entry) == 16);

// One bit of every entry: an operator's touched mark, a slot's mode. Clear in a new entry.
struct EntryBit {
  uint32_t offset = 0;
  uint32_t mask = 0;

  bool Get(const Entry* entry) const { return (entry->At<uint32_t>(offset) & mask) != 0; }
  void Set(Entry* entry) const { entry->At<uint32_t>(offset) |= mask; }
  void Clear(Entry* entry) const { entry->At<uint32_t>(offset) &= ~mask; }
  // Sets the bit and tells whether it was clear.
  bool Mark(Entry* entry) const {
    uint32_t& word = entry->At<uint32_t>(offset);
    bool was_clear = (word & mask) == 0;
    word |= mask;
    return was_clear;
  }
};

}  // namespace freshet
