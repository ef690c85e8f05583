// Shows the rows of a table that takes deletes without having a key: each row max(0, inserts - deletes) times, whatever
// the order they come in. Emits at seal, only what changed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/operators/row_weights.h"

namespace freshet {

class KeylessDeletes : public Operator {
 public:
  // `types` of the table's columns; weight > 0 inserts, < 0 deletes. Rows are equal if their cells have the same form,
  // NULL and ERROR cells included. `node` is the node's part of the id of its state. With several shards, the input is
  // spread by the hash of all columns.
  KeylessDeletes(std::vector<DataType> types, std::string node, uint64_t hash_seed);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override { return (void)context, rows_.Emit(out); }
  Progress Resume(Output& out) override { return rows_.Emit(out); }
  void SaveDirty(StateWriter& writer) override { rows_.SaveDirty(writer); }
  absl::Status Load(StateReader& reader, VnodeId vnode) override { return rows_.Load(reader, vnode); }
  size_t StateBytes() const override { return rows_.StateBytes(); }

  // Rows with more deletes than inserts, as of the last seal.
  int64_t rows_below_zero() const { return rows_.rows_below_zero(); }

 private:
  KeyColumns all_columns_;
  uint64_t hash_seed_;
  RowWeights rows_;
};

}  // namespace freshet
