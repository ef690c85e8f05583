// Keeps the rows of one input of a join under their keys.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/operators/join_options.h"
#include "engine/state/key_batch.h"
#include "engine/state/key_table.h"
#include "engine/state/relation_slot.h"

namespace freshet {

class JoinRows {
 public:
  enum class Cells : uint8_t {
    kKept,
    kDropped,  // only the weight of all rows of a key: enough to know whether it has any
  };

  // `side` is one input of a join and `other` the other one. Call before the table takes the layout.
  JoinRows(EntryLayout& layout, const JoinSide& side, const JoinSide& other, Cells cells, StateId id,
           uint64_t hash_seed);

  // The types of a key table for both sides.
  static std::vector<DataType> KeyTypes(const JoinSide& left, const JoinSide& right);

  KeyBatch& keys() { return keys_; }
  const KeyBatch& keys() const { return keys_; }
  const RelationSlot& slot() const { return slot_; }

  // Adds row rows[i] (row i if nullptr) of the batch under entries[i], its weight times `factor`.
  void Add(KeyTable& table, const DeltaBatch& batch, const uint32_t* rows, std::span<Entry* const> entries,
           int64_t factor = 1);

  // Appends the side's columns of stored rows. The key cells that are not stored come from `key_columns`, which has a
  // column for each key column.
  void AppendColumns(std::span<const StoredRow* const> rows, std::span<const Column> key_columns,
                     std::vector<Column>* columns) const;
  // Likewise, the key cells from the rows' entries.
  void AppendColumns(const KeyTable& table, std::span<const StoredRow* const> rows,
                     std::span<const Entry* const> entries, std::vector<Column>* columns) const;

  void Save(KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired, StateWriter& writer);
  absl::Status Load(KeyTable& table, StateReader& reader, VnodeId vnode);

 private:
  // Where the cells of a column lie.
  struct Place {
    bool in_key;
    uint32_t ordinal;  // of the key, or of the stored cells
  };

  static std::vector<Place> PlacesOf(const JoinSide& side, const JoinSide& other, Cells cells);
  std::vector<DataType> StoredTypes(const JoinSide& side);

  StateId id_;
  uint64_t hash_seed_;
  std::vector<Place> places_;
  std::vector<ColumnIndex> stored_;
  RelationSlot slot_;
  KeyBatch keys_;
};

}  // namespace freshet
