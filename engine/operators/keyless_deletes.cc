#include "engine/operators/keyless_deletes.h"

#include <algorithm>

#include "engine/columnar/key_columns.h"

namespace freshet {

KeylessDeletes::KeylessDeletes(std::vector<DataType> types, std::string node, uint64_t hash_seed)
    : hash_seed_(hash_seed),
      rows_({.types = types,
             .visible = [](const RowWeights::Weights& weights) { return std::max<int64_t>(0, weights[0]); },
             .padding = {},
             .node = std::move(node),
             .slots = {"rows"},
             .hash_seed = hash_seed}) {
  for (uint32_t i = 0; i < types.size(); ++i) all_columns_.push_back(ColumnIndex(i));
}

Progress KeylessDeletes::Push(PortIndex, const DeltaBatch& batch, Output&) {
  rows_.Add(0, batch, HashKeys(batch, all_columns_, hash_seed_));
  return Progress::kDone;
}

}  // namespace freshet
