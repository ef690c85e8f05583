// Keeps one partial result of every group in slots of the group's entry: a sum, the values in order. Aggregate
// functions read several; functions over the same argument share them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/columnar/column.h"
#include "engine/state/block_pool.h"
#include "engine/state/entry.h"
#include "engine/state/entry_layout.h"

namespace freshet {

// Values that one batch adds to groups. Value i is the cell of `column` in row rows[i] (row first + i if nullptr), a
// value always; it goes to the group entries[i] with weight weights[i] (+1 if nullptr).
struct AccumulatorInput {
  const Column* column = nullptr;
  uint32_t count = 0;
  Entry* const* entries = nullptr;
  const uint32_t* rows = nullptr;
  uint32_t first = 0;
  const int64_t* weights = nullptr;
  const Column* second = nullptr;  // of aggregates over pairs

  uint32_t RowAt(uint32_t i) const { return rows == nullptr ? first + i : rows[i]; }
  int64_t WeightAt(uint32_t i) const { return weights == nullptr ? 1 : weights[i]; }

  // Calls visit(entry, cell, weight) for each value; `T` as in Column::values.
  template <typename T, typename Visit>
  void ForEach(Visit visit) const {
    const T* cells = column->values<T>();
    if (rows == nullptr && weights == nullptr) {  // the common case, without a branch a row
      for (uint32_t i = 0; i < count; ++i) visit(entries[i], cells[first + i], int64_t{1});
    } else {
      for (uint32_t i = 0; i < count; ++i) visit(entries[i], cells[RowAt(i)], WeightAt(i));
    }
  }
};

// The state of a group in which all weights are 0 and all is released is zero. Results depend on the multiset of values
// alone, not on their order, and weights may be negative on the way.
class Accumulator {
 public:
  virtual ~Accumulator() = default;

  // Adds the values to their groups. Memory beyond the slots is of the pool.
  virtual void Add(const AccumulatorInput& input, BlockPool& pool) = 0;
  // Frees what a group's slots own and zeroes them.
  virtual void Release(Entry* entry, BlockPool& pool) = 0;

  // Appends a group's state in a form that later versions read; reads it into a zero state. False: it is broken.
  virtual void Save(const Entry* entry, std::string* out) const = 0;
  virtual bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) = 0;
};

}  // namespace freshet
