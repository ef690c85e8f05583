// Keeps, under each key of a KeyTable, a multiset of rows: a side of a join, the rows of a keyed table.
//
// Equal rows are one stored row with a weight, which may be negative inside an epoch; a row whose weight returns to 0
// is gone. Rows are equal if their cells have the same form: 1.0 and 1.00 are two rows. The only row of a key lies in
// the entry itself if it is small; few rows in one block, past two cache lines with their fingerprints before them;
// many in pages with an index over the fingerprints, so that any row is found, added and removed in constant time and
// nothing is copied as the group grows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/columnar/delta_batch.h"
#include "engine/state/entry.h"
#include "engine/state/entry_layout.h"
#include "engine/state/key_table.h"
#include "engine/state/row_layout.h"
#include "engine/state/state_store.h"

namespace freshet {

class BigRelation;

// Rows that lie one after another.
struct StoredRowRun {
  const StoredRow* first = nullptr;
  uint32_t count = 0;
  uint32_t stride = 0;  // bytes

  const StoredRow* Row(uint32_t i) const {
    return reinterpret_cast<const StoredRow*>(reinterpret_cast<const char*>(first) + static_cast<size_t>(i) * stride);
  }
};

// Describes the slot (one for each relation of a table) and works on it. The rows lie in the table's memory.
class RelationSlot {
 public:
  // `columns` are the types of a row's cells. Call before the table takes the layout.
  RelationSlot(EntryLayout& layout, std::vector<DataType> columns);
  // Large groups point to the row layout: it stays where it is, and lives as long as the table is used.
  RelationSlot(const RelationSlot&) = delete;
  RelationSlot& operator=(const RelationSlot&) = delete;

  // Adds weight * factor of the batch's row rows[i] (row i if `rows` is nullptr) to entries[i]; its cells are the
  // batch's `columns`. An entry may stand several times. Marks the entries dirty; does not retire those that become
  // empty (see KeyTable::Retire), since the operator may still need them at its seal.
  void Add(KeyTable& table, const DeltaBatch& batch, std::span<const ColumnIndex> columns, const uint32_t* rows,
           std::span<Entry* const> entries, int64_t factor = 1);
  // The same in slices, for KeyTable::FindOrInsert: first all rows of the batch, which must outlive the slices; then
  // entries[begin .. end) of all those rows. What lies under entries `ahead` of them is fetched, as far as they are
  // known.
  void StartAdd(const DeltaBatch& batch, std::span<const ColumnIndex> columns, const uint32_t* rows, uint32_t count,
                int64_t factor = 1);
  void AddSlice(KeyTable& table, std::span<Entry* const> entries, uint32_t begin, uint32_t end, uint32_t ahead);
  // Removes all rows of an entry and frees their memory. Marks it dirty.
  void Clear(KeyTable& table, Entry* entry);

  bool IsEmpty(const Entry* entry) const { return RowCount(entry) == 0; }
  // Distinct rows, those of negative weight included.
  uint32_t RowCount(const Entry* entry) const {
    const Slot& slot = entry->At<Slot>(offset_);
    return slot.IsRow() ? 1 : slot.count;
  }

  // The rows from `position` (< RowCount) up to the end of the block they lie in. Positions and rows are valid until
  // the entry's rows change.
  StoredRowRun RowsFrom(const Entry* entry, uint32_t position) const {
    const Slot& slot = entry->At<Slot>(offset_);
    if (slot.IsRow()) return {&slot.row, 1, rows_.row_bytes()};
    if (slot.capacity == kBig) return BigRowsFrom(slot, position);
    return {SmallRow(slot, position), slot.count - position, rows_.row_bytes()};
  }
  // Fetches what RowsFrom(entry, 0) will read; the entry itself should be in the cache.
  void Prefetch(const Entry* entry) const {
    const Slot& slot = entry->At<Slot>(offset_);
    __builtin_prefetch(slot.IsRow() ? reinterpret_cast<const char*>(&slot) : slot.memory());
  }
  // One cell of each row as a column; long strings are copied, so that it lives on its own.
  Column Gather(uint32_t column, std::span<const StoredRow* const> rows) const { return rows_.Gather(column, rows); }
  const RowLayout& row_layout() const { return rows_; }

  // Writes the slot's content of dirty entries under `id`; for KeyTable::DrainDirty. Empty and retired ones are
  // deleted.
  void Save(KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired, const StateId& id,
            StateWriter& writer);
  // Reads what Save wrote for a vnode, and makes or finds the entries. `seed` is that of the key hash. Give kTrusted
  // where the operator chose the entries' hashes itself (DeltaBatch::SetHashes), so that they do not follow from the
  // key.
  enum class StoredHashes : uint8_t { kChecked, kTrusted };
  absl::Status Load(KeyTable& table, uint64_t seed, const StateId& id, VnodeId vnode, StateReader& reader,
                    StoredHashes stored_hashes = StoredHashes::kChecked);

 private:
  static constexpr uint32_t kBig = ~0u;  // Slot::capacity

  // A row of up to 16 bytes, or where the rows lie.
  struct Slot {
    StoredRow row;      // its cells follow; else the head is the address of a block or of a BigRelation, 0 = none
    uint32_t count;     // of rows
    uint32_t capacity;  // of the block; kBig: a BigRelation

    bool IsRow() const { return (row.head & StoredRow::kIsRow) != 0; }
    bool IsBig() const { return !IsRow() && capacity == kBig; }
    char* memory() const { return reinterpret_cast<char*>(row.head); }
    void SetMemory(void* memory) { row.head = reinterpret_cast<uint64_t>(memory); }
  };
  static_assert(sizeof(Slot) == 16);

  static constexpr uint32_t kSmallRows = 64;  // more are a BigRelation
  static constexpr uint32_t kCacheLine = 64;

  bool FitsInSlot() const { return rows_.row_bytes() <= sizeof(Slot); }
  static BigRelation* BigOf(const Slot& slot) { return reinterpret_cast<BigRelation*>(slot.memory()); }

  // In a block of two cache lines the rows themselves are compared.
  bool HasFingerprints(uint32_t capacity) const { return capacity * rows_.row_bytes() > 2 * kCacheLine; }
  // They stand before the rows.
  size_t FingerprintBytes(uint32_t capacity) const {
    return HasFingerprints(capacity) ? (size_t{capacity} * sizeof(uint32_t) + 7) / 8 * 8 : 0;
  }
  static uint32_t* Fingerprints(const Slot& slot) { return reinterpret_cast<uint32_t*>(slot.memory()); }
  StoredRow* SmallRow(const Slot& slot, uint32_t position) const {
    return reinterpret_cast<StoredRow*>(slot.memory() + FingerprintBytes(slot.capacity) +
                                        size_t{position} * rows_.row_bytes());
  }
  size_t BlockBytes(uint32_t capacity) const {
    return FingerprintBytes(capacity) + size_t{capacity} * rows_.row_bytes();
  }
  uint32_t NextCapacity(uint32_t capacity) const;

  void PrefetchForAdd(const Entry* entry) const;
  void AddStagedRow(KeyTable& table, Entry* entry, uint32_t i);
  void AddStaged(BlockPool& pool, Slot& slot, const StoredRow* row, int64_t weight);
  void AddToBlock(BlockPool& pool, Slot& slot, const StoredRow* row, int64_t weight);
  void AddToBig(BlockPool& pool, Slot& slot, const StoredRow* row, int64_t weight);
  // The position of an equal row in a block, or its count.
  uint32_t FindInBlock(const Slot& slot, const StoredRow* row, uint32_t fingerprint) const;
  void RemoveFromBlock(BlockPool& pool, Slot& slot, uint32_t position);
  // Moves a slot's rows, which are few, to a block of `capacity`, or to the slot itself.
  void Resize(BlockPool& pool, Slot& slot, uint32_t capacity);
  StoredRowRun BigRowsFrom(const Slot& slot, uint32_t position) const;
  void MakeBig(BlockPool& pool, Slot& slot);
  // Gives up a BigRelation for a block or for nothing, where few rows and no pages in the store are left.
  void ShrinkBig(BlockPool& pool, Slot& slot);
  void FreeBig(BlockPool& pool, Slot& slot);

  RowLayout rows_;
  uint32_t offset_;
  RowStaging staging_;
  // Of the rows staged last.
  const int64_t* staged_weights_ = nullptr;
  const uint32_t* staged_rows_ = nullptr;
  int64_t staged_factor_ = 1;
};

}  // namespace freshet
