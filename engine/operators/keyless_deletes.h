// Shows the rows of a table that takes deletes without having a key: each row max(0, inserts - deletes) times, whatever
// the order they come in. Emits at seal, only what changed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/state/key_batch.h"
#include "engine/state/key_table.h"
#include "engine/state/relation_slot.h"

namespace freshet {

class KeylessDeletes : public Operator {
 public:
  // `types` of the table's columns; weight > 0 inserts, < 0 deletes. Rows are equal if their cells have the same form,
  // NULL and ERROR cells included. `node` is the node's part of the id of its state. With several shards, the input is
  // spread by the hash of all columns.
  KeylessDeletes(std::vector<DataType> types, std::string node, uint64_t hash_seed);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override;
  Progress Resume(Output& out) override;
  void SaveDirty(StateWriter& writer) override;
  absl::Status Load(StateReader& reader, VnodeId vnode) override;
  size_t StateBytes() const override { return table_.StateBytes(); }

  // Rows with more deletes than inserts, as of the last seal.
  int64_t rows_below_zero() const { return rows_below_zero_; }

 private:
  // Entries that were touched first in one batch, with their rows before the epoch.
  struct Touched {
    std::vector<Entry*> entries;
    std::vector<uint32_t> old_ends;  // where an entry's rows end in old_columns
    std::vector<Column> old_columns;
    std::vector<int64_t> old_weights;
  };

  DeltaBatch HashBatch(const DeltaBatch& batch) const;
  void Touch();
  template <typename Visit>
  void ForEachRow(const Entry* entry, Visit visit) const;
  std::vector<Column> GatherRows(const std::vector<const StoredRow*>& rows) const;
  void EmitChanges(const Touched& touched, uint32_t begin, uint32_t end, Output& out);
  void Finish();

  std::vector<DataType> types_;
  KeyColumns all_columns_;
  StateId id_;
  uint64_t hash_seed_;
  EntryLayout layout_;  // complete once all members up to table_ are made
  RelationSlot rows_;   // under the hash of the row, so usually one
  EntryBit touched_;
  KeyTable table_;
  KeyBatch keys_;
  std::vector<Entry*> entries_;  // of the batch at work

  std::vector<Touched> epoch_;
  size_t next_ = 0;  // in epoch_
  uint32_t position_ = 0;
  int64_t rows_below_zero_ = 0;
};

}  // namespace freshet
