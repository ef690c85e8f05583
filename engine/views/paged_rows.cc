#include "engine/views/paged_rows.h"

#include <cstring>

#include "engine/base/check.h"

namespace freshet {
namespace {

constexpr uint32_t kPageBytes = 16 << 10;
constexpr uint32_t kMinPageShift = 6;

// Holes of a page are linked through the place of their cells.
uint16_t& NextFree(ViewRow* hole) { return *reinterpret_cast<uint16_t*>(hole->cells()); }

}  // namespace

PagedRows::PagedRows(const ViewRowLayout& rows, BlockPool& pool)
    : rows_(rows), pool_(pool), index_(pool), page_shift_(kMinPageShift) {
  while ((size_t{rows.row_bytes()} << (page_shift_ + 1)) <= kPageBytes) ++page_shift_;
}

PagedRows::~PagedRows() {
  for (uint32_t page = 0; page < page_count_; ++page) {
    if (pages_[page].rows != nullptr) pool_.Free(pages_[page].rows, page_bytes());
  }
  if (pages_ != nullptr) pool_.Free(pages_, page_capacity_ * sizeof(Page));
}

uint32_t PagedRows::Find(const StoredRow* staged, uint32_t fingerprint) const {
  return index_.Find(fingerprint,
                     [&](uint32_t position) { return rows_.cells().SameCells(Row(position)->cells(), staged); });
}

// Full pages leave the list of open ones when they come to its front.
uint32_t PagedRows::Add(uint32_t fingerprint) {
  while (first_open_ != kNone && pages_[first_open_].count == rows_per_page()) {
    pages_[first_open_].open = false;
    first_open_ = pages_[first_open_].next_open;
  }
  if (first_open_ == kNone) AddPage();
  uint32_t position = Take(first_open_, fingerprint);
  MarkDirty(position);
  return position;
}

void PagedRows::AddAt(uint32_t position, uint32_t fingerprint) {
  while (position >= end()) AddPage();
  Page& page = pages_[position >> page_shift_];
  if (page.rows == nullptr) page.rows = static_cast<char*>(pool_.Allocate(page_bytes()));
  while (page.filled < (position & page_mask())) {
    ViewRow* hole = RowOf(page, page.filled);
    hole->word = 0;
    NextFree(hole) = page.free;
    page.free = ++page.filled;
  }
  CHECK_EQ(page.filled, position & page_mask());
  ++page.filled;
  ++page.count;
  ++count_;
  index_.Insert(fingerprint, position);
  MarkDirty(position);
}

uint32_t PagedRows::AddOnPage(uint32_t page, uint32_t fingerprint) {
  while (page >= page_count_) AddPage();
  return pages_[page].count == rows_per_page() ? kNone : Take(page, fingerprint);
}

uint32_t PagedRows::Take(uint32_t number, uint32_t fingerprint) {
  Page& page = pages_[number];
  if (page.rows == nullptr) page.rows = static_cast<char*>(pool_.Allocate(page_bytes()));
  uint32_t at;
  if (page.free != 0) {
    at = page.free - 1u;
    page.free = NextFree(RowOf(page, at));
  } else {
    at = page.filled++;
  }
  ++page.count;
  ++count_;
  uint32_t position = (number << page_shift_) + at;
  index_.Insert(fingerprint, position);
  return position;
}

void PagedRows::Remove(uint32_t position, uint32_t fingerprint) {
  index_.Remove(fingerprint, position);
  uint32_t number = position >> page_shift_;
  Page& page = pages_[number];
  --count_;
  if (--page.count == 0) {
    pool_.Free(page.rows, page_bytes());
    page.rows = nullptr;
    page.free = page.filled = 0;
  } else {
    ViewRow* hole = RowOf(page, position);
    hole->word = 0;
    NextFree(hole) = page.free;
    page.free = static_cast<uint16_t>((position & page_mask()) + 1);
  }
  Open(number);
}

void PagedRows::Open(uint32_t number) {
  Page& page = pages_[number];
  if (page.open) return;
  page.open = true;
  page.next_open = first_open_;
  first_open_ = number;
}

void PagedRows::AddPage() {
  CHECK_LT(page_count_, kNone >> page_shift_) << "2^32 rows under one key";
  if (page_count_ == page_capacity_) {
    uint32_t capacity = page_capacity_ == 0 ? 4 : page_capacity_ * 2;
    auto* pages = static_cast<Page*>(pool_.Allocate(capacity * sizeof(Page)));
    if (pages_ != nullptr) {
      std::memcpy(pages, pages_, page_capacity_ * sizeof(Page));
      pool_.Free(pages_, page_capacity_ * sizeof(Page));
    }
    pages_ = pages;
    page_capacity_ = capacity;
  }
  pages_[page_count_] = {};
  Open(page_count_++);
}

void PagedRows::MarkDirty(uint32_t position) {
  Page& page = pages_[position >> page_shift_];
  if (page.dirty) return;
  page.dirty = true;
  page.next_dirty = first_dirty_;
  first_dirty_ = position >> page_shift_;
}

uint32_t PagedRows::TakeDirty() {
  uint32_t number = first_dirty_;
  if (number == kNone) return kNone;
  first_dirty_ = pages_[number].next_dirty;
  pages_[number].dirty = false;
  return number;
}

void PagedRows::SetStored(uint32_t number, bool stored) {
  if (number == 0 || pages_[number].stored == stored) return;
  pages_[number].stored = stored;
  stored ? ++stored_pages_ : --stored_pages_;
}

}  // namespace freshet
