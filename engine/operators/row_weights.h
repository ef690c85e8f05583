// Keeps up to two weights for each row of a relation, and emits at seal how often the row is visible: a function of its
// weights. Rows are equal if their cells have the same form, NULL and ERROR cells included.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/state/key_batch.h"
#include "engine/state/key_table.h"
#include "engine/state/relation_slot.h"

namespace freshet {

class RowWeights {
 public:
  using Weights = std::array<int64_t, 2>;
  // How often a row is visible; 0 for weights of 0.
  using Visible = int64_t (*)(const Weights& weights);

  struct Options {
    std::vector<DataType> types;
    Visible visible = nullptr;
    // Types of NULL columns behind the row's own, in the output.
    std::vector<DataType> padding;
    // The node's part of the ids of the states, and a slot's name for each weight (one or two).
    std::string node;
    std::vector<std::string> slots;
    uint64_t hash_seed = 0;
  };

  explicit RowWeights(Options options);

  // Adds the batch's weights to weight `which` of its rows, whose cells are the batch's first columns. `hashes` gives
  // equal rows equal hashes, and their high bits are the vnode in which the row's state is saved.
  void Add(size_t which, const DeltaBatch& batch, const BufferRef& hashes);

  // Emits what changed since the last time. On kMore, Emit goes on.
  Progress Emit(Output& out);

  void SaveDirty(StateWriter& writer);
  absl::Status Load(StateReader& reader, VnodeId vnode);
  size_t StateBytes() const { return table_.StateBytes(); }

  // Rows whose first weight is below zero, as of the last seal.
  int64_t rows_below_zero() const { return rows_below_zero_; }

 private:
  // Stored rows of several entries, one after another.
  struct Rows {
    std::vector<uint32_t> ends;  // where an entry's rows end
    std::vector<uint8_t> which;  // which weight a row has
    std::vector<int64_t> weights;
    std::vector<Column> columns;
  };
  // Entries that were touched first in one batch, with their rows before the epoch.
  struct Touched {
    std::vector<Entry*> entries;
    Rows old;
  };
  // A row before and after the epoch.
  struct Change {
    uint32_t row;  // as OldNewChanges numbers it
    Weights old_weights{};
    Weights new_weights{};
  };

  static std::deque<RelationSlot> MakeSlots(EntryLayout& layout, const Options& options);
  // Appends the entry's rows but for their cells.
  void CollectRows(const Entry* entry, std::vector<const StoredRow*>* stored, Rows* rows) const;
  void GatherCells(const std::vector<const StoredRow*>& stored, Rows* rows) const;
  bool IsEmpty(const Entry* entry) const;
  void Touch();
  void EmitChanges(const Touched& touched, uint32_t begin, uint32_t end, Output& out);
  void Finish();

  Options options_;
  KeyColumns columns_;
  EntryLayout layout_;              // complete once all members up to table_ are made
  std::deque<RelationSlot> slots_;  // a deque: they must not move
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
