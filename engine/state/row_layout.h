// Lays out stored rows: a head word with the weight and a bit for each cell that is no value, then the cells.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "engine/columnar/delta_batch.h"
#include "engine/state/block_pool.h"

namespace freshet {

// A row in a state; its cells follow in memory (RowLayout). Long strings are owned by the state.
struct StoredRow {
  // Bit 0: set, which tells a row from an address. Bit 1: the weight is far. Bits 2-15: which of the first 14 cells are
  // no values. Above: the weight, or the address of one that 48 bits do not hold.
  uint64_t head;

  static constexpr uint64_t kIsRow = 1, kFarWeight = 2;
  static constexpr uint32_t kInvalidShift = 2, kInvalidBits = 14;
  static constexpr uint64_t kInvalidMask = ((uint64_t{1} << kInvalidBits) - 1) << kInvalidShift;
  static constexpr uint32_t kWeightShift = 16;

  int64_t weight() const {
    if (__builtin_expect((head & kFarWeight) == 0, true)) return static_cast<int64_t>(head) >> kWeightShift;
    return *reinterpret_cast<const int64_t*>(head >> kWeightShift);
  }
};

// Rows of a batch in the form of stored rows, before they are in a state: without weights, strings still lie in the
// batch. Reusable.
struct RowStaging {
  std::vector<uint64_t> memory;
};

class RowLayout {
 public:
  explicit RowLayout(std::vector<DataType> columns);

  std::span<const DataType> columns() const { return types_; }
  // Bytes of a row, a multiple of 8.
  uint32_t row_bytes() const { return row_bytes_; }

  // Stages the cells of batch rows rows[i] (row i if nullptr), i < count.
  void Stage(const DeltaBatch& batch, std::span<const ColumnIndex> columns, const uint32_t* rows, uint32_t count,
             RowStaging* staging) const;
  const StoredRow* Staged(const RowStaging& staging, uint32_t i) const {
    return reinterpret_cast<const StoredRow*>(staging.memory.data() + size_t{i} * (row_bytes_ / 8));
  }

  // Whether the cells are the same in form; weights do not count.
  bool SameCells(const StoredRow* a, const StoredRow* b) const {
    if (((a->head ^ b->head) & StoredRow::kInvalidMask) != 0) return false;
    const char* a_bytes = reinterpret_cast<const char*>(a);
    const char* b_bytes = reinterpret_cast<const char*>(b);
    for (uint32_t offset = sizeof(StoredRow); offset < strings_offset_; offset += 8) {
      if (WordAt(a_bytes + offset) != WordAt(b_bytes + offset)) return false;
    }
    return string_count_ == 0 || SameStrings(a, b);
  }
  // A hash of the cells, the same for rows with the same cells.
  uint32_t Fingerprint(const StoredRow* row) const;

  // Copies a row to `to` with a weight of its own, long strings into the pool.
  void Own(const StoredRow* row, int64_t weight, StoredRow* to, BlockPool& pool) const {
    CopyRow(row, to);
    to->head = (to->head & (StoredRow::kInvalidMask)) | StoredRow::kIsRow;
    SetWeight(to, weight, pool);
    if (string_count_ > 0) OwnStrings(to, pool);
  }
  // Adds to the weight of an owned row; gives the sum.
  int64_t AddWeight(StoredRow* row, int64_t weight, BlockPool& pool) const {
    const int64_t sum = row->weight() + weight;
    SetWeight(row, sum, pool);
    return sum;
  }
  // Moves an owned row.
  void CopyRow(const StoredRow* from, StoredRow* to) const {
    switch (row_bytes_) {  // the common sizes without a call
      case 8:
        std::memcpy(to, from, 8);
        return;
      case 16:
        std::memcpy(to, from, 16);
        return;
      case 24:
        std::memcpy(to, from, 24);
        return;
      case 32:
        std::memcpy(to, from, 32);
        return;
      default:
        std::memcpy(to, from, row_bytes_);
    }
  }
  // Frees what an owned row has in the pool.
  void Disown(const StoredRow* row, BlockPool& pool) const {
    if ((row->head & StoredRow::kFarWeight) != 0) FreeFarWeight(row, pool);
    if (string_count_ > 0) DisownStrings(row, pool);
  }

  // A cell of each row as a column that owns its strings.
  Column Gather(uint32_t column, std::span<const StoredRow* const> rows) const;

 private:
  static uint64_t WordAt(const char* bytes) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    return word;
  }
  const char* CellOf(const StoredRow* row, uint32_t column) const {
    return reinterpret_cast<const char*>(row) + offsets_[column];
  }
  // A cell that is no value has its bit set, and its CellError (0 = NULL) as the first byte of its place.
  bool IsValue(const StoredRow* row, uint32_t column) const {
    if (column < StoredRow::kInvalidBits) return ((row->head >> (StoredRow::kInvalidShift + column)) & 1) == 0;
    const uint32_t bit = column - StoredRow::kInvalidBits;
    return ((reinterpret_cast<const uint8_t*>(row)[invalid_offset_ + bit / 8] >> (bit % 8)) & 1) == 0;
  }
  void SetInvalid(StoredRow* row, uint32_t column) const;
  void SetWeight(StoredRow* row, int64_t weight, BlockPool& pool) const {
    constexpr uint32_t kShift = StoredRow::kWeightShift;
    const uint64_t shifted = static_cast<uint64_t>(weight) << kShift;
    if (__builtin_expect((row->head & StoredRow::kFarWeight) != 0 || static_cast<int64_t>(shifted) >> kShift != weight,
                         false)) {
      return SetFarWeight(row, weight, pool);
    }
    row->head = (row->head & ((uint64_t{1} << kShift) - 1)) | shifted;
  }
  // Where the weight is, or becomes, one of more than 48 bits.
  void SetFarWeight(StoredRow* row, int64_t weight, BlockPool& pool) const;
  void FreeFarWeight(const StoredRow* row, BlockPool& pool) const;
  bool SameStrings(const StoredRow* a, const StoredRow* b) const;
  void OwnStrings(StoredRow* row, BlockPool& pool) const;
  void DisownStrings(const StoredRow* row, BlockPool& pool) const;
  // A numeric(p,s) of at most 18 digits is kept as its unscaled value alone.
  static bool IsShortNumeric(DataType type) { return type.kind == TypeKind::kNumeric && type.precision - 1u < 18u; }
  static PhysicalType StoredAs(DataType type) {
    return IsShortNumeric(type) ? PhysicalType::kInt64 : PhysicalOf(type.kind);
  }
  void StageShortNumerics(const Column& column, const uint32_t* rows, uint32_t count, char* to) const;
  void StageColumn(const Column& column, uint32_t ordinal, const uint32_t* rows, uint32_t count, char* to) const;

  std::vector<DataType> types_;
  std::vector<uint32_t> offsets_;
  uint32_t invalid_offset_ = 0;  // of the bits that the head has no place for
  bool has_gaps_ = false;        // bytes before the strings that no cell fills
  uint32_t strings_offset_ = 0;  // text cells stand last, so that all before them is compared as words
  uint32_t string_count_ = 0;
  uint32_t row_bytes_ = 0;
};

}  // namespace freshet
