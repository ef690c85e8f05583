// Keeps, under each key of a KeyTable, the rows of a view with their weights in the running epoch and in older ones.
//
// Idea: a row's cells never change, so an epoch changes weights only. The first change of a row in an epoch notes the
// weight it had as a version, valid up to that epoch; a reader at epoch e takes the version with the smallest end above
// e, or the weight itself. A row that is gone stays as long as a version of it does. So an epoch costs what it changes,
// under a key of millions of rows too.
//
// Positions: a row that some version or weight shows stays at its position, so that reads go on where they stopped.
// The one exception is the last row of a key with few rows, if it stands once and has no versions: it moves to
// position 0. A read that was given it skips it there, and one that was not has not begun the key.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/columnar/delta_batch.h"
#include "engine/state/entry_layout.h"
#include "engine/state/key_table.h"
#include "engine/state/state_store.h"
#include "engine/views/view_row.h"

namespace freshet {

class PagedRows;

// Describes the slot and works on it. The rows and versions lie in the table's memory.
class VersionedRows {
 public:
  // Call before the table takes the layout.
  VersionedRows(EntryLayout& layout, std::vector<DataType> columns);
  // Large keys point to the row layout: it stays where it is, and lives as long as the table is used.
  VersionedRows(const VersionedRows&) = delete;
  VersionedRows& operator=(const VersionedRows&) = delete;

  // Adds the weights of the batch's rows under entries[i]. Marks the entries dirty. With `pending`: appends a pending
  // version for each row's first change in the epoch.
  void Add(KeyTable& table, const DeltaBatch& batch, std::span<Entry* const> entries, std::deque<RowVersion*>* pending);
  // Forgets a version that no reader needs, and its row if nothing else shows it. What only this one told, older epochs
  // are told by the next newer version.
  void Release(BlockPool& pool, RowVersion* version);
  // No epoch has rows of it.
  bool IsEmpty(const Entry* entry) const;
  // What a version takes, with the row that it may keep.
  size_t VersionBytes() const { return sizeof(RowVersion) + layout_.row_bytes(); }

  // Rows that an epoch shows, with their weights.
  struct Seen {
    std::vector<const StoredRow*> rows;
    std::vector<int64_t> weights;
    std::vector<uint32_t> positions;
  };
  static constexpr uint32_t kEnd = ~0u;
  // Appends what `epoch` shows from `position` on, looks at about *budget positions at most, and takes off what it
  // looked at. The position to go on from, or kEnd. A key of few rows is looked at as a whole.
  uint32_t Scan(const Entry* entry, Epoch epoch, uint32_t position, uint32_t* budget, Seen* seen) const;
  // Fetches what Scan will read; the entry itself should be in the cache.
  void Prefetch(const Entry* entry) const { __builtin_prefetch(entry->At<Slot>(offset_).memory); }
  // The rows with their weights as a batch, which lives on its own.
  DeltaBatch Gather(std::span<const StoredRow* const> rows, std::span<const int64_t> weights) const;

  // Writes what changed of dirty entries, in the running epoch too; for KeyTable::DrainDirty. The table has no two keys
  // of equal hash.
  void Save(KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired, const StateId& id,
            StateWriter& writer);
  // Takes rows that stood in the store as part `part` of the entry, in the order of parts; without versions. Marks the
  // entry dirty only where they no longer fit there.
  void AddStored(KeyTable& table, Entry* entry, uint32_t part, const DeltaBatch& rows);

 private:
  struct Slot {
    char* memory;       // few rows: a block of fingerprints, then rows; else PagedRows
    uint32_t used;      // few: positions from here on are free
    uint32_t capacity;  // of the block; kPaged: memory is a PagedRows
  };
  static_assert(sizeof(Slot) == 16);
  static constexpr uint32_t kFewRows = 64;
  static constexpr uint32_t kPaged = ~0u;  // Slot::capacity

  static PagedRows* PagedOf(const Slot& slot) { return reinterpret_cast<PagedRows*>(slot.memory); }
  // Fingerprints come first: they are what Add reads, and what Prefetch has fetched.
  static uint32_t* Fingerprints(const Slot& slot) { return reinterpret_cast<uint32_t*>(slot.memory); }
  static size_t FingerprintBytes(uint32_t capacity) { return (size_t{capacity} * sizeof(uint32_t) + 7) / 8 * 8; }
  ViewRow* FewRow(const Slot& slot, uint32_t position) const {
    return reinterpret_cast<ViewRow*>(slot.memory + FingerprintBytes(slot.capacity) +
                                      size_t{position} * layout_.row_bytes());
  }
  size_t BlockBytes(uint32_t capacity) const {
    return FingerprintBytes(capacity) + size_t{capacity} * layout_.row_bytes();
  }
  ViewRow* RowAt(const Slot& slot, uint32_t position) const;

  void AddRow(BlockPool& pool, Entry* entry, const StoredRow* staged, int64_t weight, std::deque<RowVersion*>* pending);
  // The position of a row with these cells; makes one, with word 0, if there is none.
  uint32_t FindOrMake(BlockPool& pool, Slot& slot, const StoredRow* staged);
  void Remove(BlockPool& pool, Slot& slot, uint32_t position);
  void RemoveFromFew(BlockPool& pool, Slot& slot, uint32_t position);
  void MoveLastToFront(BlockPool& pool, Slot& slot);
  void Resize(BlockPool& pool, Slot& slot, uint32_t capacity);
  void MakePaged(BlockPool& pool, Slot& slot);
  void FreePaged(BlockPool& pool, Slot& slot);

  const ViewRowLayout layout_;
  const KeyColumns columns_;  // all of them
  const uint32_t offset_;
  RowStaging staging_;
};

}  // namespace freshet
