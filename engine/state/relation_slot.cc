#include "engine/state/relation_slot.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "engine/base/check.h"
#include "engine/state/big_relation.h"

namespace freshet {

RelationSlot::RelationSlot(EntryLayout& layout, std::vector<DataType> columns)
    : rows_(std::move(columns)), offset_(layout.AddSlot(sizeof(Slot))) {}

void RelationSlot::Add(KeyTable& table, const DeltaBatch& batch, std::span<const ColumnIndex> columns,
                       const uint32_t* rows, std::span<Entry* const> entries, int64_t factor) {
  constexpr uint32_t kAhead = 16;
  const uint32_t count = static_cast<uint32_t>(entries.size());
  StartAdd(batch, columns, rows, count, factor);
  AddSlice(table, entries, 0, count, kAhead);
}

void RelationSlot::StartAdd(const DeltaBatch& batch, std::span<const ColumnIndex> columns, const uint32_t* rows,
                            uint32_t count, int64_t factor) {
  rows_.Stage(batch, columns, rows, count, &staging_);
  staged_weights_ = batch.weights();
  staged_rows_ = rows;
  staged_factor_ = factor;
}

void RelationSlot::AddSlice(KeyTable& table, std::span<Entry* const> entries, uint32_t begin, uint32_t end,
                            uint32_t ahead) {
  const uint32_t size = static_cast<uint32_t>(entries.size());
  for (uint32_t i = begin; i < end; ++i) {
    if (i + ahead < size && entries[i + ahead] != nullptr) PrefetchForAdd(entries[i + ahead]);
    AddStagedRow(table, entries[i], i);
  }
}

void RelationSlot::AddStagedRow(KeyTable& table, Entry* entry, uint32_t i) {
  table.MarkDirty(entry);
  const uint32_t row = staged_rows_ == nullptr ? i : staged_rows_[i];
  const int64_t weight = staged_weights_ == nullptr ? staged_factor_ : staged_weights_[row] * staged_factor_;
  AddStaged(table.pool(), entry->At<Slot>(offset_), rows_.Staged(staging_, i), weight);
}

// Both what is compared, which comes first, and where a new row will stand. Without branches: what a slot holds cannot
// be predicted, and a wrong guess waits for the entry. An address that leads nowhere does no harm.
void RelationSlot::PrefetchForAdd(const Entry* entry) const {
  const Slot& slot = entry->At<Slot>(offset_);
  const bool is_row = slot.IsRow();
  const char* memory = is_row ? entry->bytes() + offset_ : slot.memory();
  const size_t count = is_row ? 0 : std::min(slot.count, kSmallRows);
  const size_t fingerprints = count * rows_.row_bytes() > 2 * kCacheLine ? count * 2 * sizeof(uint32_t) : 0;
  __builtin_prefetch(memory, 1);
  __builtin_prefetch(memory + fingerprints + count * rows_.row_bytes(), 1);
}

// --- One row ---

void RelationSlot::AddStaged(BlockPool& pool, Slot& slot, const StoredRow* row, int64_t weight) {
  if (weight == 0) return;
  if (slot.IsRow()) {
    if (!rows_.SameCells(&slot.row, row)) return AddToBlock(pool, slot, row, weight);
    if (rows_.AddWeight(&slot.row, weight, pool) == 0) slot = {};
    return;
  }
  if (slot.IsBig()) return AddToBig(pool, slot, row, weight);
  if (slot.count == 0 && FitsInSlot()) return rows_.Own(row, weight, &slot.row, pool);
  AddToBlock(pool, slot, row, weight);
}

uint32_t RelationSlot::FindInBlock(const Slot& slot, const StoredRow* row, uint32_t fingerprint) const {
  uint32_t position = 0;
  if (!HasFingerprints(slot.capacity)) {
    while (position < slot.count && !rows_.SameCells(SmallRow(slot, position), row)) ++position;
    return position;
  }
  const uint32_t* fingerprints = Fingerprints(slot);
  for (; position < slot.count; ++position) {
    if (fingerprints[position] == fingerprint && rows_.SameCells(SmallRow(slot, position), row)) break;
  }
  return position;
}

void RelationSlot::AddToBlock(BlockPool& pool, Slot& slot, const StoredRow* row, int64_t weight) {
  uint32_t fingerprint = 0;
  if (slot.IsRow()) {
    Resize(pool, slot, NextCapacity(1));
  } else {
    if (HasFingerprints(slot.capacity)) fingerprint = rows_.Fingerprint(row);
    const uint32_t position = FindInBlock(slot, row, fingerprint);
    if (position < slot.count) {
      if (rows_.AddWeight(SmallRow(slot, position), weight, pool) == 0) RemoveFromBlock(pool, slot, position);
      return;
    }
    if (slot.count == kSmallRows) {
      MakeBig(pool, slot);
      return AddToBig(pool, slot, row, weight);
    }
    if (slot.count == slot.capacity) Resize(pool, slot, NextCapacity(slot.capacity));
  }
  if (HasFingerprints(slot.capacity)) {
    Fingerprints(slot)[slot.count] = fingerprint != 0 ? fingerprint : rows_.Fingerprint(row);
  }
  rows_.Own(row, weight, SmallRow(slot, slot.count), pool);
  ++slot.count;
}

void RelationSlot::RemoveFromBlock(BlockPool& pool, Slot& slot, uint32_t position) {
  rows_.Disown(SmallRow(slot, position), pool);
  const uint32_t last = --slot.count;
  if (position != last) {
    rows_.CopyRow(SmallRow(slot, last), SmallRow(slot, position));
    if (HasFingerprints(slot.capacity)) Fingerprints(slot)[position] = Fingerprints(slot)[last];
  }
  if (slot.count * 4 <= slot.capacity) Resize(pool, slot, slot.count * 2);
}

// The first block after a lone row fills a cache line.
uint32_t RelationSlot::NextCapacity(uint32_t capacity) const {
  if (capacity == 0) return 1;
  return std::min(kSmallRows, std::max(capacity * 2, kCacheLine / rows_.row_bytes()));
}

void RelationSlot::Resize(BlockPool& pool, Slot& slot, uint32_t capacity) {
  const Slot old = slot;
  const bool was_row = old.IsRow();
  const StoredRow* old_rows = was_row ? &old.row : SmallRow(old, 0);
  const uint32_t count = was_row ? 1 : old.count;
  const bool to_row = count == 1 && capacity <= 2 && FitsInSlot();
  slot = {};
  if (to_row) {
    rows_.CopyRow(old_rows, &slot.row);
  } else if (capacity > 0) {
    slot.SetMemory(pool.Allocate(BlockBytes(capacity)));
    slot.capacity = capacity;
    slot.count = count;
    if (count > 0) std::memcpy(SmallRow(slot, 0), old_rows, size_t{count} * rows_.row_bytes());
    if (HasFingerprints(capacity)) {
      const bool had_fingerprints = !was_row && HasFingerprints(old.capacity);
      for (uint32_t i = 0; i < count; ++i) {
        Fingerprints(slot)[i] = had_fingerprints ? Fingerprints(old)[i] : rows_.Fingerprint(SmallRow(slot, i));
      }
    }
  }
  if (!was_row && old.memory() != nullptr) pool.Free(old.memory(), BlockBytes(old.capacity));
}

// --- Many rows ---

void RelationSlot::MakeBig(BlockPool& pool, Slot& slot) {
  auto* big = new (pool.Allocate(sizeof(BigRelation))) BigRelation(rows_, pool);
  for (uint32_t i = 0; i < slot.count; ++i) {
    const StoredRow* row = SmallRow(slot, i);
    big->Append(row, HasFingerprints(slot.capacity) ? Fingerprints(slot)[i] : rows_.Fingerprint(row));
  }
  pool.Free(slot.memory(), BlockBytes(slot.capacity));
  slot.SetMemory(big);
  slot.capacity = kBig;
}

void RelationSlot::AddToBig(BlockPool& pool, Slot& slot, const StoredRow* row, int64_t weight) {
  BigRelation* big = BigOf(slot);
  const uint32_t fingerprint = rows_.Fingerprint(row);
  const uint32_t position = big->Find(row, fingerprint);
  if (position == BigRelation::kNone) {
    rows_.Own(row, weight, big->Append(row, fingerprint), pool);
  } else {
    StoredRow* stored = big->Row(position);
    big->MarkDirty(position);
    if (rows_.AddWeight(stored, weight, pool) == 0) {
      rows_.Disown(stored, pool);
      big->Remove(position, fingerprint);
    }
  }
  slot.count = big->count();
  if (slot.count < kSmallRows / 2) ShrinkBig(pool, slot);
}

void RelationSlot::ShrinkBig(BlockPool& pool, Slot& slot) {
  BigRelation* big = BigOf(slot);
  // Pages in the store can only be deleted by Save, which learns their number from the BigRelation.
  if (big->stored_pages() > 1) return;
  Slot small{};
  if (slot.count == 1 && FitsInSlot()) {
    rows_.CopyRow(big->Row(0), &small.row);
  } else if (slot.count > 0) {
    small.capacity = std::bit_ceil(slot.count);
    small.SetMemory(pool.Allocate(BlockBytes(small.capacity)));
    for (; small.count < slot.count; ++small.count) {
      const StoredRow* row = big->Row(small.count);
      rows_.CopyRow(row, SmallRow(small, small.count));
      if (HasFingerprints(small.capacity)) Fingerprints(small)[small.count] = rows_.Fingerprint(row);
    }
  }
  FreeBig(pool, slot);
  slot = small;
}

void RelationSlot::FreeBig(BlockPool& pool, Slot& slot) {
  BigRelation* big = BigOf(slot);
  big->~BigRelation();
  pool.Free(big, sizeof(BigRelation));
  slot = {};
}

// --- Whole entries ---

void RelationSlot::Clear(KeyTable& table, Entry* entry) {
  Slot& slot = entry->At<Slot>(offset_);
  if (IsEmpty(entry)) return;
  table.MarkDirty(entry);
  BlockPool& pool = table.pool();
  if (slot.IsRow()) {
    rows_.Disown(&slot.row, pool);
    slot = {};
    return;
  }
  if (slot.IsBig()) {
    BigRelation* big = BigOf(slot);
    while (big->count() > 0) {
      uint32_t last = big->count() - 1;
      uint32_t fingerprint = rows_.Fingerprint(big->Row(last));
      rows_.Disown(big->Row(last), pool);
      big->Remove(last, fingerprint);
    }
    slot.count = 0;
    return ShrinkBig(pool, slot);
  }
  for (uint32_t i = 0; i < slot.count; ++i) rows_.Disown(SmallRow(slot, i), pool);
  slot.count = 0;
  Resize(pool, slot, 0);
}

StoredRowRun RelationSlot::BigRowsFrom(const Slot& slot, uint32_t position) const {
  DCHECK(position < slot.count);
  const BigRelation* big = BigOf(slot);
  const uint32_t page_end = (position | big->page_mask()) + 1;
  return {big->Row(position), std::min(slot.count, page_end) - position, rows_.row_bytes()};
}

}  // namespace freshet
