#include "engine/state/big_relation.h"

#include <bit>
#include <cstring>

#include "engine/base/check.h"

namespace freshet {
namespace {

constexpr uint32_t kPageBytes = 16 << 10;
constexpr uint32_t kMinPageShift = 6;
constexpr uint64_t kSmallestIndex = 256;

}  // namespace

BigRelation::BigRelation(const RowLayout& rows, BlockPool& pool)
    : rows_(rows), pool_(pool), row_bytes_(rows.row_bytes()), page_shift_(kMinPageShift) {
  while ((size_t{row_bytes_} << (page_shift_ + 1)) <= kPageBytes) ++page_shift_;
}

BigRelation::~BigRelation() {
  for (uint32_t i = 0; i < pages_in_memory_; ++i) pool_.Free(pages_[i].rows, page_bytes());
  if (pages_ != nullptr) pool_.Free(pages_, page_capacity_ * sizeof(Page));
  if (index_ != nullptr) pool_.Free(index_, (index_mask_ + 1) * 8);
}

uint32_t BigRelation::Find(const StoredRow* row, uint32_t fingerprint) const {
  if (index_ == nullptr) return kNone;
  for (uint64_t slot = Home(fingerprint); index_[slot] != 0; slot = (slot + 1) & index_mask_) {
    if (static_cast<uint32_t>(index_[slot] >> 32) != fingerprint) continue;
    uint32_t position = static_cast<uint32_t>(index_[slot]) - 1;
    if (rows_.SameCells(Row(position), row)) return position;
  }
  return kNone;
}

StoredRow* BigRelation::Append(const StoredRow* row, uint32_t fingerprint) {
  CHECK_LT(count_, kNone - 1) << "2^32 rows under one key";
  if (index_ == nullptr || (uint64_t{count_} + 1) * 4 > (index_mask_ + 1) * 3) GrowIndex();
  if ((count_ >> page_shift_) == pages_in_memory_) AddPage();
  uint32_t position = count_++;
  std::memcpy(Row(position), row, row_bytes_);
  MarkDirty(position);
  uint64_t slot = Home(fingerprint);
  while (index_[slot] != 0) slot = (slot + 1) & index_mask_;
  index_[slot] = (uint64_t{fingerprint} << 32) | (position + 1);
  return Row(position);
}

void BigRelation::Remove(uint32_t position, uint32_t fingerprint) {
  EraseSlot(SlotOf(position, fingerprint));
  uint32_t last = count_ - 1;
  if (position != last) {
    index_[SlotOf(last, rows_.Fingerprint(Row(last)))] -= last - position;
    std::memcpy(Row(position), Row(last), row_bytes_);
    MarkDirty(position);
  }
  MarkDirty(last);
  --count_;
  // One spare page stays, lest a group at a page's border allocates at every change.
  while (pages_in_memory_ > page_count() + 1) pool_.Free(pages_[--pages_in_memory_].rows, page_bytes());
}

void BigRelation::SetStored(uint32_t pages) {
  for (uint32_t i = 0; i < pages_in_memory_; ++i) pages_[i].dirty = false;
  stored_pages_ = pages;
}

void BigRelation::SetStoredOtherwise(uint32_t pages) {
  for (uint32_t i = 0; i < pages_in_memory_; ++i) pages_[i].dirty = true;
  stored_pages_ = pages;
}

uint64_t BigRelation::SlotOf(uint32_t position, uint32_t fingerprint) const {
  uint64_t word = (uint64_t{fingerprint} << 32) | (position + 1);
  uint64_t slot = Home(fingerprint);
  while (index_[slot] != word) slot = (slot + 1) & index_mask_;
  return slot;
}

// Moves the words behind a hole back as far as their homes allow, so that no word marks deletions.
void BigRelation::EraseSlot(uint64_t slot) {
  uint64_t next = slot;
  for (;;) {
    next = (next + 1) & index_mask_;
    if (index_[next] == 0) break;
    uint64_t home = Home(static_cast<uint32_t>(index_[next] >> 32));
    if (((next - home) & index_mask_) < ((next - slot) & index_mask_)) continue;
    index_[slot] = index_[next];
    slot = next;
  }
  index_[slot] = 0;
}

void BigRelation::AddPage() {
  if (pages_in_memory_ == page_capacity_) {
    uint32_t capacity = page_capacity_ == 0 ? 4 : page_capacity_ * 2;
    auto* pages = static_cast<Page*>(pool_.Allocate(capacity * sizeof(Page)));
    if (pages_ != nullptr) {
      std::memcpy(pages, pages_, page_capacity_ * sizeof(Page));
      pool_.Free(pages_, page_capacity_ * sizeof(Page));
    }
    pages_ = pages;
    page_capacity_ = capacity;
  }
  pages_[pages_in_memory_++] = {static_cast<char*>(pool_.Allocate(page_bytes())), true};
}

void BigRelation::GrowIndex() {
  uint64_t old_slots = index_ == nullptr ? 0 : index_mask_ + 1;
  uint64_t slots = index_ == nullptr ? kSmallestIndex : old_slots * 2;
  uint64_t* old = index_;
  index_ = static_cast<uint64_t*>(pool_.Allocate(slots * 8));
  std::memset(index_, 0, slots * 8);
  index_mask_ = slots - 1;
  index_shift_ = 64 - static_cast<uint32_t>(std::countr_zero(slots));
  for (uint64_t i = 0; i < old_slots; ++i) {
    if (old[i] == 0) continue;
    uint64_t slot = Home(static_cast<uint32_t>(old[i] >> 32));
    while (index_[slot] != 0) slot = (slot + 1) & index_mask_;
    index_[slot] = old[i];
  }
  if (old != nullptr) pool_.Free(old, old_slots * 8);
}

}  // namespace freshet
