// Prepares the keys of a batch for a KeyTable: hashes, normalised cells, and which rows take part. Reusable, so that a
// batch costs no allocation; one per operator port.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/columnar/delta_batch.h"
#include "engine/columnar/key_columns.h"

namespace freshet {

// What becomes of a row with NULL in its key.
enum class NullKeys : uint8_t {
  kGroup,  // NULLs are equal: GROUP BY, DISTINCT
  kSkip,   // the row takes no part: NULL never equals in a join
};

class KeyBatch {
 public:
  // `key` are columns of the batches, `types` their types, which both sides of a join share.
  KeyBatch(KeyColumns key, std::vector<DataType> types, uint64_t seed, NullKeys null_keys);

  // Takes the keys of a batch, which must outlive the next calls. Rows with an ERROR in the key never take part.
  void Assign(const DeltaBatch& batch);
  void Assign(DeltaBatch&& batch) = delete;

  // Rows that take part; `rows()` names them, ascending. nullptr: all of them, row i is row i.
  uint32_t size() const { return size_; }
  const uint32_t* rows() const { return rows_; }
  uint32_t RowAt(uint32_t i) const { return rows_ == nullptr ? i : rows_[i]; }
  // Rows left out, ascending.
  std::span<const uint32_t> error_rows() const { return error_rows_; }
  std::span<const uint32_t> null_rows() const { return null_rows_; }
  // The error of the first key cell that has one.
  CellError ErrorOf(uint32_t row) const;

  // By row of the batch, rows that are left out included.
  const uint64_t* hashes() const { return hashes_.as<uint64_t>(); }
  const BufferRef& hashes_buffer() const { return hashes_; }

  // For KeyTable: by row of the batch.
  struct Cells {
    const uint64_t* words = nullptr;      // one-word types, normalised; NULL = 0
    const StringCell* strings = nullptr;  // text
    const Numeric* numerics = nullptr;    // numeric
  };
  const Cells& cells(uint32_t ordinal) const { return cells_[ordinal]; }
  // Bit k of a row's mask: key column k is NULL. nullptr: no NULL in any of the first 16 key columns.
  const uint16_t* null_masks() const { return any_null_ ? null_masks_.data() : nullptr; }
  bool IsNull(uint32_t ordinal, uint32_t row) const { return batch_->column(key_[ordinal]).IsNull(row); }
  const KeyColumns& key() const { return key_; }
  std::span<const DataType> types() const { return types_; }
  uint64_t seed() const { return seed_; }

 private:
  void SelectRows();
  void PrepareCells(uint32_t ordinal);
  void PrepareNullMasks();

  KeyColumns key_;
  std::vector<DataType> types_;
  uint64_t seed_;
  NullKeys null_handling_;
  const DeltaBatch* batch_ = nullptr;
  BufferRef hashes_;
  uint32_t size_ = 0;
  const uint32_t* rows_ = nullptr;
  bool any_null_ = false;
  std::vector<uint32_t> kept_rows_, error_rows_, null_rows_;
  std::vector<Cells> cells_;
  std::vector<std::vector<uint64_t>> words_;  // by ordinal, where the column's own values are not normalised words
  std::vector<uint16_t> null_masks_;
};

// Whether a key cell that comes back from a KeyTable is exactly the cell that went in. Otherwise (unconstrained
// numerics lose trailing zeros, -0.0 becomes 0.0) it is only an equal one: a join that must show the side's own form
// stores the column as a row's cell too.
bool KeepsKeyForm(DataType type);

}  // namespace freshet
