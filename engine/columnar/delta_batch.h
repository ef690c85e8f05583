// A batch of changes: columns of rows, each row with an integer weight. Immutable once built; copies are cheap.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/ids.h"
#include "engine/columnar/column.h"

namespace freshet {

// Key columns in their order. Empty = the one key of a global aggregate.
using KeyColumns = std::vector<ColumnIndex>;

class DeltaBatch {
 public:
  DeltaBatch() = default;
  // Absent weights = every row has weight +1.
  DeltaBatch(uint32_t size, std::vector<Column> columns, BufferRef weights = {})
      : size_(size), columns_(std::move(columns)), weights_(std::move(weights)) {}

  // Rows; at most kBatchRows on hot paths, though every operator takes any number.
  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  uint32_t column_count() const { return static_cast<uint32_t>(columns_.size()); }
  const Column& column(ColumnIndex index) const { return columns_[index.value()]; }
  const std::vector<Column>& columns() const { return columns_; }

  // nullptr: all +1.
  const int64_t* weights() const { return weights_.as<int64_t>(); }
  const BufferRef& weights_buffer() const { return weights_; }
  int64_t WeightAt(uint32_t row) const { return weights_ ? weights()[row] : 1; }

  // The hash of `key` that a former operator computed, else nullptr. HashKeys (key_columns.h) computes it.
  const uint64_t* HashesFor(std::span<const ColumnIndex> key) const {
    return hashes_ && std::equal(key.begin(), key.end(), hash_key_.begin(), hash_key_.end()) ? hashes_.as<uint64_t>()
                                                                                             : nullptr;
  }
  void SetHashes(KeyColumns key, BufferRef hashes) {
    hash_key_ = std::move(key);
    hashes_ = std::move(hashes);
  }
  const KeyColumns& hash_key() const { return hash_key_; }
  const BufferRef& hashes_buffer() const { return hashes_; }

  // Rows 2i (old, -1) and 2i+1 (new, +1) have the same key of the relation. A hint that a filter and an exchange by
  // another key drop.
  bool paired() const { return paired_; }
  void set_paired(bool paired) { paired_ = paired; }

 private:
  uint32_t size_ = 0;
  std::vector<Column> columns_;
  BufferRef weights_;
  KeyColumns hash_key_;
  BufferRef hashes_;
  bool paired_ = false;
};

// The rows of `rows`, in that order, with their weights and hashes.
DeltaBatch GatherBatch(const DeltaBatch& batch, std::span<const uint32_t> rows);
// All rows of all batches, which have the same columns.
DeltaBatch ConcatBatches(std::span<const DeltaBatch> batches);
// Bytes of the rows, weights included.
size_t BatchBytes(const DeltaBatch& batch);

}  // namespace freshet
