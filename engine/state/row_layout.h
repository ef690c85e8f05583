// Lays out stored rows: a weight, the cells, and a bit for each cell that is no value.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/columnar/delta_batch.h"
#include "engine/state/block_pool.h"

namespace freshet {

// A row in a state; its cells follow in memory (RowLayout). Long strings are owned by the state.
struct StoredRow {
  int64_t weight;
};

// Rows of a batch in the form of stored rows, with fingerprints, before they are in a state: strings still lie in the
// batch. Reusable.
struct RowStaging {
  std::vector<uint64_t> memory;
  std::vector<uint32_t> fingerprints;
};

class RowLayout {
 public:
  explicit RowLayout(std::vector<DataType> columns);

  std::span<const DataType> columns() const { return types_; }
  // Bytes of a row, a multiple of 8.
  uint32_t row_bytes() const { return row_bytes_; }

  // Stages the cells of batch rows rows[i] (row i if nullptr), i < count; weights are the batch's times `factor`.
  void Stage(const DeltaBatch& batch, std::span<const ColumnIndex> columns, const uint32_t* rows, uint32_t count,
             int64_t factor, RowStaging* staging) const;
  const StoredRow* Staged(const RowStaging& staging, uint32_t i) const {
    return reinterpret_cast<const StoredRow*>(staging.memory.data() + size_t{i} * (row_bytes_ / 8));
  }

  // Whether the cells are the same in form; weights do not count.
  bool SameCells(const StoredRow* a, const StoredRow* b) const;
  // A hash of the cells, the same for rows with the same cells.
  uint32_t Fingerprint(const StoredRow* row) const;
  // Copies a staged row to `to`, long strings into the pool.
  void Own(const StoredRow* staged, StoredRow* to, BlockPool& pool) const;
  // Frees the long strings of an owned row.
  void Disown(const StoredRow* row, BlockPool& pool) const;

  // A cell of each row as a column that owns its strings.
  Column Gather(uint32_t column, std::span<const StoredRow* const> rows) const;

 private:
  const char* CellOf(const StoredRow* row, uint32_t column) const {
    return reinterpret_cast<const char*>(row) + offsets_[column];
  }
  // A cell that is no value has its bit set, and its CellError (0 = NULL) as the first byte of its place.
  bool IsValue(const StoredRow* row, uint32_t column) const {
    const auto* bits = reinterpret_cast<const uint8_t*>(row) + invalid_offset_;
    return ((bits[column / 8] >> (column % 8)) & 1) == 0;
  }
  void StageColumn(const Column& column, uint32_t ordinal, const uint32_t* rows, uint32_t count, char* to) const;

  std::vector<DataType> types_;
  std::vector<uint32_t> offsets_;
  uint32_t invalid_offset_ = 0;
  uint32_t strings_offset_ = 0;  // text cells stand last, so that all before them is compared as bytes
  uint32_t string_count_ = 0;
  uint32_t row_bytes_ = 0;
};

}  // namespace freshet
