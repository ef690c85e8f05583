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
  uint32_t count = static_cast<uint32_t>(entries.size());
  rows_.Stage(batch, columns, rows, count, factor, &staging_);
  for (uint32_t i = 0; i < count; ++i) {
    if (i + kAhead < count) Prefetch(entries[i + kAhead]);
    table.MarkDirty(entries[i]);
    AddStaged(table.pool(), entries[i]->At<Slot>(offset_), rows_.Staged(staging_, i), staging_.fingerprints[i]);
  }
}

// --- One row ---

void RelationSlot::AddStaged(BlockPool& pool, Slot& slot, const StoredRow* row, uint32_t fingerprint) {
  if (row->weight == 0) return;
  if (slot.capacity == kBig) return AddToBig(pool, slot, row, fingerprint);
  if (slot.count > 0) {
    const uint32_t* fingerprints = Fingerprints(slot);
    for (uint32_t position = 0; position < slot.count; ++position) {
      if (fingerprints[position] != fingerprint || !rows_.SameCells(SmallRow(slot, position), row)) continue;
      StoredRow* stored = SmallRow(slot, position);
      stored->weight += row->weight;
      if (stored->weight == 0) RemoveFromSmall(pool, slot, position);
      return;
    }
  }
  if (slot.count == kSmallRows) {
    MakeBig(pool, slot);
    return AddToBig(pool, slot, row, fingerprint);
  }
  if (slot.count == slot.capacity) Resize(pool, slot, std::max(1u, slot.capacity * 2));
  Fingerprints(slot)[slot.count] = fingerprint;
  rows_.Own(row, SmallRow(slot, slot.count), pool);
  ++slot.count;
}

void RelationSlot::RemoveFromSmall(BlockPool& pool, Slot& slot, uint32_t position) {
  rows_.Disown(SmallRow(slot, position), pool);
  uint32_t last = --slot.count;
  if (position != last) {
    std::memcpy(SmallRow(slot, position), SmallRow(slot, last), rows_.row_bytes());
    Fingerprints(slot)[position] = Fingerprints(slot)[last];
  }
  if (slot.count * 4 <= slot.capacity) Resize(pool, slot, slot.count == 0 ? 0 : slot.count * 2);
}

void RelationSlot::Resize(BlockPool& pool, Slot& slot, uint32_t capacity) {
  Slot old = slot;
  slot.capacity = capacity;
  slot.memory = capacity == 0 ? nullptr : static_cast<char*>(pool.Allocate(BlockBytes(capacity)));
  if (slot.count > 0) {
    std::memcpy(SmallRow(slot, 0), SmallRow(old, 0), size_t{slot.count} * rows_.row_bytes());
    std::memcpy(Fingerprints(slot), Fingerprints(old), slot.count * sizeof(uint32_t));
  }
  if (old.memory != nullptr) pool.Free(old.memory, BlockBytes(old.capacity));
}

// --- Many rows ---

void RelationSlot::MakeBig(BlockPool& pool, Slot& slot) {
  auto* big = new (pool.Allocate(sizeof(BigRelation))) BigRelation(rows_, pool);
  for (uint32_t i = 0; i < slot.count; ++i) big->Append(SmallRow(slot, i), Fingerprints(slot)[i]);
  pool.Free(slot.memory, BlockBytes(slot.capacity));
  slot.memory = reinterpret_cast<char*>(big);
  slot.capacity = kBig;
}

void RelationSlot::AddToBig(BlockPool& pool, Slot& slot, const StoredRow* row, uint32_t fingerprint) {
  BigRelation* big = BigOf(slot);
  uint32_t position = big->Find(row, fingerprint);
  if (position == BigRelation::kNone) {
    StoredRow* stored = big->Append(row, fingerprint);
    rows_.Own(row, stored, pool);
  } else {
    StoredRow* stored = big->Row(position);
    stored->weight += row->weight;
    big->MarkDirty(position);
    if (stored->weight == 0) {
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
  Slot small{nullptr, 0, 0};
  if (slot.count > 0) {
    small.capacity = std::bit_ceil(slot.count);
    small.memory = static_cast<char*>(pool.Allocate(BlockBytes(small.capacity)));
    for (; small.count < slot.count; ++small.count) {
      const StoredRow* row = big->Row(small.count);
      std::memcpy(SmallRow(small, small.count), row, rows_.row_bytes());
      Fingerprints(small)[small.count] = rows_.Fingerprint(row);
    }
  }
  FreeBig(pool, slot);
  slot = small;
}

void RelationSlot::FreeBig(BlockPool& pool, Slot& slot) {
  BigRelation* big = BigOf(slot);
  big->~BigRelation();
  pool.Free(big, sizeof(BigRelation));
  slot = {nullptr, 0, 0};
}

// --- Whole entries ---

void RelationSlot::Clear(KeyTable& table, Entry* entry) {
  Slot& slot = entry->At<Slot>(offset_);
  if (slot.count == 0) return;
  table.MarkDirty(entry);
  BlockPool& pool = table.pool();
  if (slot.capacity == kBig) {
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

StoredRowRun RelationSlot::RowsFrom(const Entry* entry, uint32_t position) const {
  const Slot& slot = entry->At<Slot>(offset_);
  DCHECK(position < slot.count);
  if (slot.capacity != kBig) return {SmallRow(slot, position), slot.count - position, rows_.row_bytes()};
  const BigRelation* big = BigOf(slot);
  uint32_t page_end = (position | big->page_mask()) + 1;
  return {big->Row(position), std::min(slot.count, page_end) - position, rows_.row_bytes()};
}

}  // namespace freshet
