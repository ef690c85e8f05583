// An immutable column of values. Each cell is a value, NULL or ERROR.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/buffer.h"
#include "engine/base/check.h"
#include "engine/columnar/cell_error.h"
#include "engine/columnar/numeric.h"
#include "engine/columnar/string_cell.h"
#include "engine/columnar/types.h"

namespace freshet {

// Rows of a full batch: 2048 values of 8 bytes are 16 KiB, so four to six columns stay in L2.
inline constexpr uint32_t kBatchRows = 2048;

// Memory that long strings of a column lie in.
using HeapRefs = std::vector<BufferRef>;

// `valid` has a bit per row that is set where the cell is a value; absent = every cell is one. A cell that is not valid
// is ERROR if its byte in `errors` is not 0, else NULL; absent = no ERROR. Bits past the last row mean nothing.
// Fixed-width data of a cell that is not valid is defined memory (zero) but means nothing.
class Column {
 public:
  Column() = default;
  Column(DataType type, uint32_t size, BufferRef values, BufferRef valid = {}, BufferRef errors = {},
         HeapRefs heaps = {})
      : type_(type),
        size_(size),
        values_(std::move(values)),
        valid_(std::move(valid)),
        errors_(std::move(errors)),
        heaps_(std::move(heaps)) {}

  DataType type() const { return type_; }
  PhysicalType physical() const { return PhysicalOf(type_.kind); }
  uint32_t size() const { return size_; }

  // T: uint8_t, int32_t, int64_t, double, Numeric or StringCell, by physical().
  template <typename T>
  const T* values() const {
    DCHECK(sizeof(T) == WidthOf(physical()));
    return values_.as<T>();
  }
  const char* raw_values() const { return values_.as<char>(); }

  // nullptr: every cell is a value.
  const uint64_t* valid_bits() const { return valid_.as<uint64_t>(); }
  // nullptr: no cell is ERROR.
  const uint8_t* error_codes() const { return errors_.as<uint8_t>(); }
  bool all_valid() const { return !valid_; }

  bool IsValue(uint32_t row) const { return !valid_ || ((valid_bits()[row / 64] >> (row % 64)) & 1) != 0; }
  CellError ErrorAt(uint32_t row) const {
    return errors_ ? static_cast<CellError>(error_codes()[row]) : CellError::kNone;
  }
  bool IsError(uint32_t row) const { return ErrorAt(row) != CellError::kNone; }
  bool IsNull(uint32_t row) const { return !IsValue(row) && !IsError(row); }

  const BufferRef& values_buffer() const { return values_; }
  const BufferRef& valid_buffer() const { return valid_; }
  const BufferRef& errors_buffer() const { return errors_; }
  const HeapRefs& heaps() const { return heaps_; }

  // The same cells under another type of the same physical layout (integer as date, numeric(4,1) as numeric).
  Column As(DataType type) const {
    DCHECK(PhysicalOf(type.kind) == physical());
    Column copy = *this;
    copy.type_ = type;
    return copy;
  }

 private:
  DataType type_;
  uint32_t size_ = 0;
  BufferRef values_;
  BufferRef valid_;
  BufferRef errors_;
  HeapRefs heaps_;
};

// Words of a bitmap for `rows` rows.
constexpr size_t BitmapWords(uint32_t rows) { return (rows + 63) / 64; }

// The cells of `rows`, in that order; strings are shared, not copied.
Column GatherColumn(const Column& column, std::span<const uint32_t> rows);
// The cells of all parts one after another; the parts have one type. Strings are shared.
Column ConcatColumns(std::span<const Column> parts);
// The same cells with every long string copied into one heap of the column's own.
Column CompactStrings(const Column& column);
// Bytes that the column's cells take, long strings included, shared heaps not.
size_t ColumnBytes(const Column& column);

}  // namespace freshet
