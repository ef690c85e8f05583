// Keeps the many rows of one key of a view in pages: a row stays at its position as long as it is there, so that a read
// goes on where it stopped. For versioned_rows.cc.
//
// Positions of removed rows are holes that later rows fill. A page is what a checkpoint writes; pages that changed are
// listed. A page without rows gives its memory back and keeps its place.
#pragma once

#include <cstdint>

#include "engine/views/fingerprint_index.h"
#include "engine/views/view_row.h"

namespace freshet {

class PagedRows {
 public:
  static constexpr uint32_t kNone = FingerprintIndex::kNone;

  // All memory is of the pool, so that a table can be dropped whole.
  PagedRows(const ViewRowLayout& rows, BlockPool& pool);
  ~PagedRows();
  PagedRows(const PagedRows&) = delete;
  PagedRows& operator=(const PagedRows&) = delete;

  // Rows that are there.
  uint32_t count() const { return count_; }
  // All positions lie below it.
  uint32_t end() const { return page_count_ << page_shift_; }
  uint32_t rows_per_page() const { return 1u << page_shift_; }
  uint32_t page_count() const { return page_count_; }

  ViewRow* Row(uint32_t position) const { return RowOf(pages_[position >> page_shift_], position); }
  // The end of what is used of the page that `position` lies in, as a position; `position` itself or less: nothing
  // more.
  uint32_t UsedEnd(uint32_t position) const {
    return (position & ~page_mask()) + pages_[position >> page_shift_].filled;
  }
  uint32_t NextPage(uint32_t position) const { return (position | page_mask()) + 1; }

  // The position of a row with the same cells as a staged row, or FingerprintIndex::kNone.
  uint32_t Find(const StoredRow* staged, uint32_t fingerprint) const;
  // Makes room for a row, and marks its page dirty: its cells and word are the caller's to write.
  uint32_t Add(uint32_t fingerprint);
  // Likewise at that position, which was never used; for rows that bring their positions along.
  void AddAt(uint32_t position, uint32_t fingerprint);
  // Likewise on a given page, which is made if there is none and not marked; kNone: it is full.
  uint32_t AddOnPage(uint32_t page, uint32_t fingerprint);
  // Takes a row away whose cells own nothing any more.
  void Remove(uint32_t position, uint32_t fingerprint);

  // For checkpoints. Page 0 never counts as stored: who writes the rows deletes it in any case.
  void MarkDirty(uint32_t position);
  void SetStored(uint32_t page, bool stored);
  bool IsStored(uint32_t page) const { return pages_[page].stored; }
  uint32_t stored_pages() const { return stored_pages_; }
  // Takes a page that changed since it was taken last. kNone: there is none left.
  uint32_t TakeDirty();

 private:
  struct Page {
    char* rows;           // nullptr: none
    uint32_t next_dirty;  // of the list of dirty pages
    uint32_t next_open;   // of the list of pages with room
    uint16_t count;
    uint16_t filled;  // positions from here on were never used
    uint16_t free;    // 1 + the hole that is filled next; 0: none
    bool dirty;
    bool stored : 1;
    bool open : 1;
  };
  static_assert(sizeof(Page) == 24);

  uint32_t page_mask() const { return rows_per_page() - 1; }
  ViewRow* RowOf(const Page& page, uint32_t position) const {
    return reinterpret_cast<ViewRow*>(page.rows + size_t{position & page_mask()} * rows_.row_bytes());
  }
  size_t page_bytes() const { return size_t{rows_.row_bytes()} << page_shift_; }
  void AddPage();
  void Open(uint32_t page);
  uint32_t Take(uint32_t page, uint32_t fingerprint);

  const ViewRowLayout& rows_;
  BlockPool& pool_;
  FingerprintIndex index_;
  Page* pages_ = nullptr;
  uint32_t page_count_ = 0;
  uint32_t page_capacity_ = 0;
  uint32_t page_shift_;
  uint32_t count_ = 0;
  uint32_t stored_pages_ = 0;
  uint32_t first_open_ = kNone;
  uint32_t first_dirty_ = kNone;
};

}  // namespace freshet
