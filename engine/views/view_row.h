// A row of a view as it lies in memory, and what it was in older epochs.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/state/entry.h"
#include "engine/state/row_layout.h"

namespace freshet {

// How often a row stood before epoch `until`, as far back as the next older version's `until`.
struct RowVersion {
  static constexpr Epoch kPending = Epoch(UINT64_MAX);

  RowVersion* older;
  RowVersion* newer;
  Entry* entry;
  Epoch until;  // kPending while the epoch runs
  int64_t before;
  int64_t now;  // of the newest version: how often the row stands
  uint32_t position;
};

// The cells never change; a StoredRow with them follows, whose own weight says nothing.
struct ViewRow {
  // 0: no row here. Bit 0 set: the address of the newest version. Else twice the weight.
  uint64_t word;

  StoredRow* cells() { return reinterpret_cast<StoredRow*>(this + 1); }
  const StoredRow* cells() const { return reinterpret_cast<const StoredRow*>(this + 1); }

  RowVersion* newest() const { return (word & 1) != 0 ? reinterpret_cast<RowVersion*>(word - 1) : nullptr; }
  void SetNewest(RowVersion* version) { word = reinterpret_cast<uintptr_t>(version) | 1; }

  int64_t weight() const { return (word & 1) != 0 ? newest()->now : static_cast<int64_t>(word) / 2; }
  void SetWeight(int64_t weight) {
    CHECK(weight < int64_t{1} << 62 && weight > -(int64_t{1} << 62)) << "2^62 copies of a row";
    if ((word & 1) != 0) {
      newest()->now = weight;
    } else {
      word = static_cast<uint64_t>(weight) << 1;
    }
  }
  int64_t WeightAt(Epoch epoch) const {
    if ((word & 1) == 0) return static_cast<int64_t>(word) / 2;
    const RowVersion* version = newest();
    int64_t weight = version->now;
    for (; version != nullptr && version->until > epoch; version = version->older) weight = version->before;
    return weight;
  }
};

// Bytes of rows with given cells.
class ViewRowLayout {
 public:
  explicit ViewRowLayout(std::vector<DataType> columns) : cells_(std::move(columns)) {}
  const RowLayout& cells() const { return cells_; }
  uint32_t row_bytes() const { return sizeof(ViewRow) + cells_.row_bytes(); }

 private:
  RowLayout cells_;
};

}  // namespace freshet
