#include "engine/views/versioned_rows.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "engine/base/check.h"
#include "engine/columnar/key_columns.h"
#include "engine/views/paged_rows.h"

namespace freshet {

VersionedRows::VersionedRows(EntryLayout& layout, std::vector<DataType> columns)
    : layout_(std::move(columns)),
      columns_(LeadingColumns(layout_.cells().columns().size())),
      offset_(layout.AddSlot(sizeof(Slot))) {}

void VersionedRows::Add(KeyTable& table, const DeltaBatch& batch, std::span<Entry* const> entries,
                        std::deque<RowVersion*>* pending) {
  constexpr uint32_t kAhead = 16;
  uint32_t count = batch.size();
  layout_.cells().Stage(batch, columns_, nullptr, count, &staging_);
  for (uint32_t i = 0; i < count; ++i) {
    if (i + kAhead < count) Prefetch(entries[i + kAhead]);
    table.MarkDirty(entries[i]);
    AddRow(table.pool(), entries[i], layout_.cells().Staged(staging_, i), batch.WeightAt(i), pending);
  }
}

// --- One row ---

void VersionedRows::AddRow(BlockPool& pool, Entry* entry, const StoredRow* staged, int64_t weight,
                           std::deque<RowVersion*>* pending) {
  if (weight == 0) return;
  Slot& slot = entry->At<Slot>(offset_);
  uint32_t position = FindOrMake(pool, slot, staged);
  ViewRow* row = RowAt(slot, position);
  RowVersion* newest = row->newest();
  if (pending != nullptr && (newest == nullptr || newest->until != RowVersion::kPending)) {
    int64_t now = row->weight();
    auto* version = new (pool.Allocate(sizeof(RowVersion))) RowVersion{
        .older = newest,
        .newer = nullptr,
        .entry = entry,
        .until = RowVersion::kPending,
        .before = now,
        .now = now,
        .position = position,
    };
    if (newest != nullptr) newest->newer = version;
    row->SetNewest(version);
    pending->push_back(version);
  }
  row->SetWeight(row->weight() + weight);
  if (row->word == 0) Remove(pool, slot, position);
}

ViewRow* VersionedRows::RowAt(const Slot& slot, uint32_t position) const {
  return slot.capacity == kPaged ? PagedOf(slot)->Row(position) : FewRow(slot, position);
}

uint32_t VersionedRows::FindOrMake(BlockPool& pool, Slot& slot, const StoredRow* staged) {
  const RowLayout& cells = layout_.cells();
  uint32_t fingerprint = cells.Fingerprint(staged);
  uint32_t position = kEnd;
  if (slot.capacity != kPaged) {
    for (uint32_t i = 0; i < slot.used; ++i) {
      if (FewRow(slot, i)->word == 0) {
        if (position == kEnd) position = i;
      } else if (Fingerprints(slot)[i] == fingerprint && cells.SameCells(FewRow(slot, i)->cells(), staged)) {
        return i;
      }
    }
    if (position == kEnd && slot.used < kFewRows) {
      if (slot.used == slot.capacity) Resize(pool, slot, std::max(1u, slot.capacity * 2));
      position = slot.used++;
    }
    if (position == kEnd) {
      MakePaged(pool, slot);
    } else {
      Fingerprints(slot)[position] = fingerprint;
    }
  }
  if (slot.capacity == kPaged) {
    PagedRows* paged = PagedOf(slot);
    position = paged->Find(staged, fingerprint);
    if (position != PagedRows::kNone) {
      paged->MarkDirty(position);
      return position;
    }
    position = paged->Add(fingerprint);
  }
  ViewRow* row = RowAt(slot, position);
  cells.Own(staged, /*weight=*/1, row->cells(), pool);
  row->word = 0;
  return position;
}

void VersionedRows::Release(BlockPool& pool, RowVersion* version) {
  Slot& slot = version->entry->At<Slot>(offset_);
  if (version->older != nullptr) version->older->newer = version->newer;
  if (version->newer != nullptr) {
    version->newer->older = version->older;
  } else {
    ViewRow* row = RowAt(slot, version->position);
    if (version->older != nullptr) {
      version->older->now = version->now;
      row->SetNewest(version->older);
    } else {
      row->word = 0;
      row->SetWeight(version->now);
      if (version->now == 0) {
        Remove(pool, slot, version->position);
      } else if (slot.capacity != kPaged) {
        MoveLastToFront(pool, slot);
      }
    }
  }
  pool.Free(version, sizeof(RowVersion));
}

bool VersionedRows::IsEmpty(const Entry* entry) const {
  const Slot& slot = entry->At<Slot>(offset_);
  return slot.capacity == kPaged ? PagedOf(slot)->count() == 0 : slot.used == 0;
}

// --- Few rows and many ---

void VersionedRows::Remove(BlockPool& pool, Slot& slot, uint32_t position) {
  ViewRow* row = RowAt(slot, position);
  if (slot.capacity != kPaged) {
    layout_.cells().Disown(row->cells(), pool);
    RemoveFromFew(pool, slot, position);
    return;
  }
  uint32_t fingerprint = layout_.cells().Fingerprint(row->cells());
  layout_.cells().Disown(row->cells(), pool);
  PagedOf(slot)->Remove(position, fingerprint);
  // Pages in the store can only be deleted by Save, which learns their numbers from the PagedRows.
  if (PagedOf(slot)->count() == 0 && PagedOf(slot)->stored_pages() == 0) FreePaged(pool, slot);
}

void VersionedRows::RemoveFromFew(BlockPool& pool, Slot& slot, uint32_t position) {
  FewRow(slot, position)->word = 0;
  while (slot.used > 0 && FewRow(slot, slot.used - 1)->word == 0) --slot.used;
  MoveLastToFront(pool, slot);
  if (slot.used * 4 <= slot.capacity) Resize(pool, slot, slot.used == 0 ? 0 : slot.used * 2);
}

// Else each update of a key with one row would leave it at the next position, behind a hole that it pays for.
void VersionedRows::MoveLastToFront(BlockPool& pool, Slot& slot) {
  if (slot.used <= 1 || slot.used > 4) return;
  uint32_t last = slot.used - 1;
  if (FewRow(slot, last)->newest() != nullptr || FewRow(slot, last)->weight() != 1) return;
  for (uint32_t i = 0; i < last; ++i) {
    if (FewRow(slot, i)->word != 0) return;
  }
  std::memcpy(FewRow(slot, 0), FewRow(slot, last), layout_.row_bytes());
  Fingerprints(slot)[0] = Fingerprints(slot)[last];
  slot.used = 1;
  Resize(pool, slot, 1);
}

void VersionedRows::Resize(BlockPool& pool, Slot& slot, uint32_t capacity) {
  Slot old = slot;
  slot.capacity = capacity;
  slot.memory = capacity == 0 ? nullptr : static_cast<char*>(pool.Allocate(BlockBytes(capacity)));
  if (slot.used > 0) {
    std::memcpy(FewRow(slot, 0), FewRow(old, 0), size_t{slot.used} * layout_.row_bytes());
    std::memcpy(Fingerprints(slot), Fingerprints(old), slot.used * sizeof(uint32_t));
  }
  if (old.memory != nullptr) pool.Free(old.memory, BlockBytes(old.capacity));
}

// Called with a full block: every position has a row, and keeps it.
void VersionedRows::MakePaged(BlockPool& pool, Slot& slot) {
  auto* paged = new (pool.Allocate(sizeof(PagedRows))) PagedRows(layout_, pool);
  for (uint32_t i = 0; i < slot.used; ++i) {
    if (FewRow(slot, i)->word == 0) continue;
    paged->AddAt(i, Fingerprints(slot)[i]);
    std::memcpy(paged->Row(i), FewRow(slot, i), layout_.row_bytes());
  }
  if (slot.memory != nullptr) pool.Free(slot.memory, BlockBytes(slot.capacity));
  slot = {reinterpret_cast<char*>(paged), 0, kPaged};
}

void VersionedRows::FreePaged(BlockPool& pool, Slot& slot) {
  PagedOf(slot)->~PagedRows();
  pool.Free(slot.memory, sizeof(PagedRows));
  slot = {nullptr, 0, 0};
}

// --- Reading ---

uint32_t VersionedRows::Scan(const Entry* entry, Epoch epoch, uint32_t position, uint32_t* budget, Seen* seen) const {
  const Slot& slot = entry->At<Slot>(offset_);
  auto look = [&](const ViewRow* row, uint32_t at) {
    int64_t weight = row->WeightAt(epoch);
    if (weight == 0) return;
    seen->rows.push_back(row->cells());
    seen->weights.push_back(weight);
    seen->positions.push_back(at);
  };
  if (slot.capacity != kPaged) {
    for (uint32_t at = position; at < slot.used; ++at) look(FewRow(slot, at), at);
    *budget -= std::min(*budget, std::max(1u, slot.used - std::min(position, slot.used)));
    return kEnd;
  }
  const PagedRows* paged = PagedOf(slot);
  while (position < paged->end()) {
    if (*budget == 0) return position;
    uint32_t end = std::max(position, paged->UsedEnd(position));
    uint32_t stop = std::min(end, position + *budget);
    for (uint32_t at = position; at < stop; ++at) look(paged->Row(at), at);
    *budget -= std::min(*budget, std::max(1u, stop - position));
    position = stop < end ? stop : paged->NextPage(position);
  }
  return kEnd;
}

DeltaBatch VersionedRows::Gather(std::span<const StoredRow* const> rows, std::span<const int64_t> weights) const {
  auto size = static_cast<uint32_t>(rows.size());
  std::vector<Column> cells;
  cells.reserve(columns_.size());
  for (uint32_t i = 0; i < columns_.size(); ++i) cells.push_back(layout_.cells().Gather(i, rows));
  BufferRef buffer = BufferRef::Of<int64_t>(size);
  std::copy(weights.begin(), weights.end(), buffer.mutable_as<int64_t>());
  return DeltaBatch(size, std::move(cells), std::move(buffer));
}

}  // namespace freshet
