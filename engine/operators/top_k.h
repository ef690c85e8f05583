// Keeps the first rows of each group in an order: ORDER BY with LIMIT and OFFSET, DISTINCT ON. Emits at seal what
// entered or left them; the work of an epoch grows with its changes, not with the limit or the group.
//
// Rows equal in the order are told apart by all other columns, ascending, so that the result does not depend on what
// came first. A row of weight n counts n times. Rows with an ERROR in their group are counted and left out; one in the
// order stands beside NULL, behind it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/columnar/ordered_row_codec.h"
#include "engine/operators/ordered_rows.h"
#include "engine/state/key_table.h"

namespace freshet {

class TopK : public Operator {
 public:
  struct Options {
    std::vector<DataType> input_types;
    KeyColumns group;  // empty: all rows are one group
    std::vector<SortColumn> order;
    // Of each group in its order, `skip` rows are left out, then up to `limit` are given.
    int64_t skip = 0;
    int64_t limit = 0;
    // No row of the input is ever retracted: what stands behind the given rows is not kept.
    bool append_only = false;
    // The node's part of the ids of the states.
    std::string node;
    uint64_t hash_seed = 0;
    ErrorCounter* errors = nullptr;  // may be absent
  };

  explicit TopK(Options options);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override { return (void)context, EmitTouched(out); }
  Progress Resume(Output& out) override { return EmitTouched(out); }
  void SaveDirty(StateWriter& writer) override;
  absl::Status Load(StateReader& reader, VnodeId vnode) override;
  size_t StateBytes() const override { return table_->StateBytes(); }

 private:
  // A run of a group's rows; the parts stand in the order of the rows.
  struct Part {
    OrderedRows rows;
    int64_t capacity;  // the weight that it holds at a seal, where there is so much
  };

  void AddRow(Entry* entry, const StringCell& row, int64_t weight);
  void AddTo(size_t part, Entry* entry, const StringCell& row, int64_t weight);
  bool IsPastTheLast(const Entry* entry, const StringCell& row) const;
  void Balance(Entry* entry);
  void GiveSurplus(size_t part, Entry* entry);
  void FillUp(size_t part, Entry* entry);
  Progress EmitTouched(Output& out);
  DeltaBatch TakeChanges(size_t limit);
  void Finish(Entry* entry);
  StateId PiecesId(size_t part) const;

  Options options_;
  OrderedRowCodec codec_;
  std::vector<Part> parts_;  // those skipped, if any; those given; those behind them, unless input is append-only
  size_t given_;             // its place
  uint32_t changes_offset_;  // OrderedRows::Group: what entered (or left) the given rows in this epoch
  EntryBit touched_bit_;
  std::unique_ptr<KeyTable> table_;
  KeyBatch keys_;

  EntryList touched_;
  size_t sealed_ = 0;  // of touched_
  // Scratch of one call.
  std::vector<Entry*> entries_;
  std::string bytes_;
};

}  // namespace freshet
