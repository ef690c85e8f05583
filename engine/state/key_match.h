// How the keys of a batch compare with, and are stored in, entries: one policy for each common shape of key, so that
// the probing loops have no branches over types. For key_table.cc alone.
#pragma once

#include <cstdint>

#include "engine/state/block_pool.h"
#include "engine/state/entry.h"
#include "engine/state/entry_layout.h"
#include "engine/state/key_batch.h"

namespace freshet::key_match {

inline constexpr uint32_t kNullShift = 16;  // of Entry::meta
inline constexpr uint32_t kFirstCell = sizeof(Entry);

// The NULL bits of a row's first 16 key columns, as they stand in Entry::meta.
class NullBits {
 public:
  explicit NullBits(const KeyBatch& keys) : masks_(keys.null_masks()) {}
  uint32_t Of(uint32_t row) const { return masks_ == nullptr ? 0 : masks_[row]; }
  bool Same(const Entry* entry, uint32_t row) const { return (entry->meta >> kNullShift) == Of(row); }
  void Store(Entry* entry, uint32_t row) const { entry->meta |= Of(row) << kNullShift; }

 private:
  const uint16_t* masks_;
};

// Text cells in an entry own their long strings.
inline StringCell OwnString(const StringCell& cell, BlockPool& pool) {
  if (cell.is_inline()) return cell;
  char* copy = static_cast<char*>(pool.Allocate(cell.size()));
  std::memcpy(copy, cell.data(), cell.size());
  return StringCell(copy, cell.size());
}
inline void DisownString(const StringCell& cell, BlockPool& pool) {
  if (!cell.is_inline()) pool.Free(const_cast<char*>(cell.data()), cell.size());
}

// The key of a global aggregate.
struct NoKey {
  bool Matches(const Entry* entry, uint32_t row) const { return true; }
  void Store(Entry* entry, uint32_t row, BlockPool& pool) const {}
};

// One boolean, integer, time or double.
struct OneWord {
  explicit OneWord(const KeyBatch& keys) : nulls(keys), words(keys.cells(0).words) {}
  bool Matches(const Entry* entry, uint32_t row) const {
    return entry->At<uint64_t>(kFirstCell) == words[row] && nulls.Same(entry, row);
  }
  void Store(Entry* entry, uint32_t row, BlockPool& pool) const {
    entry->At<uint64_t>(kFirstCell) = words[row];
    nulls.Store(entry, row);
  }
  NullBits nulls;
  const uint64_t* words;
};

struct TwoWords {
  explicit TwoWords(const KeyBatch& keys) : nulls(keys), first(keys.cells(0).words), second(keys.cells(1).words) {}
  bool Matches(const Entry* entry, uint32_t row) const {
    return entry->At<uint64_t>(kFirstCell) == first[row] && entry->At<uint64_t>(kFirstCell + 8) == second[row] &&
           nulls.Same(entry, row);
  }
  void Store(Entry* entry, uint32_t row, BlockPool& pool) const {
    entry->At<uint64_t>(kFirstCell) = first[row];
    entry->At<uint64_t>(kFirstCell + 8) = second[row];
    nulls.Store(entry, row);
  }
  NullBits nulls;
  const uint64_t* first;
  const uint64_t* second;
};

struct OneString {
  explicit OneString(const KeyBatch& keys) : nulls(keys), cells(keys.cells(0).strings) {}
  bool Matches(const Entry* entry, uint32_t row) const {
    uint32_t null = nulls.Of(row);
    if ((entry->meta >> kNullShift) != null) return false;
    return null != 0 || entry->At<StringCell>(kFirstCell) == cells[row];
  }
  void Store(Entry* entry, uint32_t row, BlockPool& pool) const {
    nulls.Store(entry, row);
    entry->At<StringCell>(kFirstCell) = nulls.Of(row) != 0 ? StringCell() : OwnString(cells[row], pool);
  }
  NullBits nulls;
  const StringCell* cells;
};

// Any list of key columns.
struct AnyKey {
  AnyKey(const KeyBatch& keys, const EntryLayout& layout) : keys(keys), layout(layout), nulls(keys) {}
  bool Matches(const Entry* entry, uint32_t row) const;
  void Store(Entry* entry, uint32_t row, BlockPool& pool) const;

  const KeyBatch& keys;
  const EntryLayout& layout;
  NullBits nulls;
};

// Whether a key column of an entry is NULL.
bool KeyIsNull(const Entry* entry, const EntryLayout& layout, uint32_t ordinal);

}  // namespace freshet::key_match
