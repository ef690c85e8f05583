// Keeps the many rows of one key: pages of rows that never move, and an index from fingerprint to position, so that
// finding, adding and removing take constant time. For relation_slot.cc.
//
// Rows are dense: positions 0 .. count-1; removing a row moves the last one into its place. A page is what a checkpoint
// writes; pages that changed are marked.
#pragma once

#include <cstdint>

#include "engine/state/row_layout.h"

namespace freshet {

class BigRelation {
 public:
  // All memory is of the pool, so that a table can be dropped whole.
  BigRelation(const RowLayout& rows, BlockPool& pool);
  ~BigRelation();
  BigRelation(const BigRelation&) = delete;
  BigRelation& operator=(const BigRelation&) = delete;

  uint32_t count() const { return count_; }
  StoredRow* Row(uint32_t position) const {
    return reinterpret_cast<StoredRow*>(pages_[position >> page_shift_].rows +
                                        size_t{position & page_mask()} * row_bytes_);
  }
  uint32_t rows_per_page() const { return 1u << page_shift_; }
  uint32_t page_mask() const { return rows_per_page() - 1; }

  // Takes a row whose cells the relation owns from then on; no equal one may be there.
  StoredRow* Append(const StoredRow* row, uint32_t fingerprint);
  // The position of a row with the same cells, or kNone.
  static constexpr uint32_t kNone = ~0u;
  uint32_t Find(const StoredRow* row, uint32_t fingerprint) const;
  // Removes a row without freeing its strings.
  void Remove(uint32_t position, uint32_t fingerprint);
  void MarkDirty(uint32_t position) { pages_[position >> page_shift_].dirty = true; }

  // For checkpoints: pages in use; which changed since they were written; how many the store has.
  uint32_t page_count() const { return (count_ + page_mask()) >> page_shift_; }
  bool IsDirty(uint32_t page) const { return pages_[page].dirty; }
  uint32_t stored_pages() const { return stored_pages_; }
  // Everything is written, or was loaded, and the store has this many pages.
  void SetStored(uint32_t pages);
  // Says that the store has pages which do not fit to these: all are to be written.
  void SetStoredOtherwise(uint32_t pages);

 private:
  struct Page {
    char* rows;
    bool dirty;
  };

  uint64_t Home(uint32_t fingerprint) const { return (fingerprint * 0x9E3779B97F4A7C15ull) >> index_shift_; }
  // The index slot that holds `position`.
  uint64_t SlotOf(uint32_t position, uint32_t fingerprint) const;
  void EraseSlot(uint64_t slot);
  void GrowIndex();
  void AddPage();
  size_t page_bytes() const { return size_t{row_bytes_} << page_shift_; }

  const RowLayout& rows_;
  BlockPool& pool_;
  Page* pages_ = nullptr;
  uint32_t pages_in_memory_ = 0;
  uint32_t page_capacity_ = 0;
  uint64_t* index_ = nullptr;  // fingerprint in the upper half, position + 1 in the lower; 0 = empty
  uint64_t index_mask_ = 0;
  uint32_t index_shift_ = 64;
  uint32_t row_bytes_;
  uint32_t page_shift_;
  uint32_t count_ = 0;
  uint32_t stored_pages_ = 0;
};

}  // namespace freshet
