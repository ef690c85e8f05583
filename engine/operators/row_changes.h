// Sums up changes: each row once, with the weight that remains of it. By hash, and without copying a cell: the rows
// stay in the batches that brought them.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/columnar/delta_batch.h"

namespace freshet {

// Rows are equal if their cells have the same form: 1.0 and 1.00 are two rows.
class RowChanges {
 public:
  // Costs O(rows), in whatever order they come.
  void Add(const DeltaBatch& batch);

  bool empty() const { return items_.empty(); }
  // Distinct rows, those included whose weight came to 0.
  size_t size() const { return items_.size(); }
  // Of the batches that are kept, roughly.
  size_t bytes() const { return bytes_; }

  // The next rows with a weight, of one batch, in the order in which they came first; then it is empty again. False:
  // there are none left.
  bool Take(DeltaBatch* batch);
  // Lets go of rows whose weight is 0 and of the memory of their batches.
  void Compact();

 private:
  struct Item {
    uint64_t hash;
    uint32_t batch;
    uint32_t row;
    int64_t weight;
  };

  void Grow();
  Item& FindOrInsert(uint64_t hash, uint32_t batch, uint32_t row);
  void Clear();

  std::vector<DeltaBatch> batches_;
  std::vector<Item> items_;
  std::vector<uint32_t> slots_;  // item + 1; 0 = free. A power of two, at most half full
  size_t bytes_ = 0;
  size_t taken_ = 0;
  KeyColumns columns_;
};

}  // namespace freshet
