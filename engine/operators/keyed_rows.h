// Keeps the rows of one input under their keys: one side of a join, the rows of a keyed table.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/state/key_batch.h"
#include "engine/state/key_table.h"
#include "engine/state/relation_slot.h"

namespace freshet {

// An input with a key.
struct KeyedInput {
  std::vector<DataType> types;
  KeyColumns key;
};

class KeyedRows {
 public:
  enum class Cells : uint8_t {
    kKept,
    kDropped,  // only the weight of all rows of a key: enough to know whether it has any
  };

  // `key_types` are those of the table. Call before the table takes the layout. Rows with ERROR in the key are not
  // kept, nor are those that `null_keys` skips.
  KeyedRows(EntryLayout& layout, const KeyedInput& input, std::vector<DataType> key_types, Cells cells, StateId id,
            uint64_t hash_seed, NullKeys null_keys = NullKeys::kSkip);

  KeyBatch& keys() { return keys_; }
  const KeyBatch& keys() const { return keys_; }
  const RelationSlot& slot() const { return slot_; }

  // Adds row rows[i] (row i if nullptr) of the batch under entries[i], its weight times `factor`.
  void Add(KeyTable& table, const DeltaBatch& batch, const uint32_t* rows, std::span<Entry* const> entries,
           int64_t factor = 1);
  // The same for all rows that keys() has, in slices: see RelationSlot.
  void StartAdd(const DeltaBatch& batch) { slot_.StartAdd(batch, stored_, keys_.rows(), keys_.size()); }
  void AddSlice(KeyTable& table, std::span<Entry* const> entries, uint32_t begin, uint32_t end, uint32_t ahead) {
    slot_.AddSlice(table, entries, begin, end, ahead);
  }
  // Removes all rows of an entry.
  void Clear(KeyTable& table, Entry* entry) { slot_.Clear(table, entry); }

  // Appends the input's columns of stored rows. The key cells that are not stored come from `key_columns`, which has a
  // column for each key column.
  void AppendColumns(std::span<const StoredRow* const> rows, std::span<const Column> key_columns,
                     std::vector<Column>* columns) const;
  // Likewise, the key cells from the rows' entries.
  void AppendColumns(const KeyTable& table, std::span<const StoredRow* const> rows,
                     std::span<const Entry* const> entries, std::vector<Column>* columns) const;

  // One column, which must not be a key column.
  Column GatherColumn(ColumnIndex column, std::span<const StoredRow* const> rows) const {
    return slot_.Gather(places_[column.value()].ordinal, rows);
  }

  void Save(KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired, StateWriter& writer);
  absl::Status Load(KeyTable& table, StateReader& reader, VnodeId vnode);

 private:
  // Where the cells of a column lie.
  struct Place {
    bool in_key;
    uint32_t ordinal;  // of the key, or of the stored cells
  };

  static std::vector<Place> PlacesOf(const KeyedInput& input, std::span<const DataType> key_types, Cells cells);
  // The columns that have a place in the row.
  static KeyColumns StoredColumns(std::span<const Place> places);

  StateId id_;
  uint64_t hash_seed_;
  std::vector<Place> places_;
  KeyColumns stored_;
  RelationSlot slot_;
  KeyBatch keys_;
};

}  // namespace freshet
