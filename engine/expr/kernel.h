// The frame of kernels: what a kernel is given (argument vectors, the rows to compute) and where its result goes. The
// loops over rows are in kernel_loops.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/expr/bitmap.h"
#include "engine/expr/buffer_pool.h"

namespace freshet {

class ValueSet;  // value_set.h

// A text above this size is ERROR VALUE_TOO_LARGE.
inline constexpr size_t kMaxTextBytes = size_t{16} << 20;

// The memory of a register's cells, in the layout of Column.
struct Cells {
  BufferRef values;
  BufferRef valid;
  BufferRef errors;
  HeapRefs heaps;
};

// Views the cells of a register: one for each row of the batch (flat), or the same one for all rows (constant).
class Vector {
 public:
  Vector() = default;
  Vector(DataType type, const Cells& cells, bool constant)
      : Vector(type, cells.values, cells.valid, cells.errors, cells.heaps, constant) {}
  Vector(const Column& column, bool constant)
      : Vector(column.type(), column.values_buffer(), column.valid_buffer(), column.errors_buffer(), column.heaps(),
               constant) {}

  DataType type() const { return type_; }
  PhysicalType physical() const { return PhysicalOf(type_.kind); }
  bool constant() const { return constant_; }

  // size() cells of a flat vector, one of a constant.
  template <typename T>
  const T* values() const {
    return reinterpret_cast<const T*>(values_);
  }
  template <typename T>
  const T& At(uint32_t row) const {
    return values<T>()[Index(row)];
  }
  // nullptr: every cell is a value.
  const uint64_t* valid_bits() const { return valid_bits_; }
  // nullptr: no cell is ERROR.
  const uint8_t* error_codes() const { return error_codes_; }

  bool IsValue(uint32_t row) const { return valid_bits_ == nullptr || TestBit(valid_bits_, Index(row)); }
  CellError ErrorAt(uint32_t row) const {
    return error_codes_ == nullptr ? CellError::kNone : static_cast<CellError>(error_codes_[Index(row)]);
  }
  bool IsError(uint32_t row) const { return ErrorAt(row) != CellError::kNone; }
  bool IsNull(uint32_t row) const { return !IsValue(row) && !IsError(row); }

  const BufferRef& valid_buffer() const { return *valid_; }
  const BufferRef& errors_buffer() const { return *errors_; }
  const HeapRefs& heaps() const { return *heaps_; }

 private:
  Vector(DataType type, const BufferRef& values, const BufferRef& valid, const BufferRef& errors, const HeapRefs& heaps,
         bool constant)
      : type_(type),
        constant_(constant),
        values_(values.as<char>()),
        valid_bits_(valid.as<uint64_t>()),
        error_codes_(errors.as<uint8_t>()),
        valid_(&valid),
        errors_(&errors),
        heaps_(&heaps) {}

  uint32_t Index(uint32_t row) const { return constant_ ? 0 : row; }

  DataType type_;
  bool constant_ = false;
  const char* values_ = nullptr;
  const uint64_t* valid_bits_ = nullptr;
  const uint8_t* error_codes_ = nullptr;
  const BufferRef* valid_ = nullptr;
  const BufferRef* errors_ = nullptr;
  const HeapRefs* heaps_ = nullptr;
};

// The rows that an instruction computes. Cells of other rows in its result are undefined, and nobody reads them.
struct Selection {
  bool all = true;
  std::vector<uint32_t> rows;  // ascending, if not all

  uint32_t CountOf(uint32_t size) const { return all ? size : static_cast<uint32_t>(rows.size()); }
};

// One call of a kernel. Before the kernel of a strict function runs, the frame has marked the rows where an argument is
// NULL or ERROR as invalid in the result, so that a kernel may compute on all lanes and only add failures. For a
// function that is not strict the frame has marked the rows with an ERROR argument only.
class KernelCall {
 public:
  // `result` is emptied and gets memory for `size` cells: from the pool, or of exactly that size if it escapes from the
  // program. The references must outlive the call.
  KernelCall(uint32_t size, const Selection& selection, std::span<const Vector* const> arguments, DataType type,
             BufferPool& pool, bool escapes, Cells& result);

  // Rows of the batch.
  uint32_t size() const { return size_; }
  const Selection& selection() const { return selection_; }
  size_t argument_count() const { return arguments_.size(); }
  const Vector& argument(size_t index) const { return *arguments_[index]; }
  // With the modifier of the call, as numeric(12,2).
  DataType result_type() const { return type_; }

  // The result's values, size() of them, to be written.
  template <typename T>
  T* result() {
    return result_.values.mutable_as<T>();
  }

  // Of an instruction that asks whether its argument is one of many constants.
  const ValueSet& set() const { return *set_; }
  void SetValues(const ValueSet* set) { set_ = set; }

  // Whether some result cell is not a value so far; IsValid asks for one.
  bool has_invalid() const { return static_cast<bool>(result_.valid); }
  bool IsValid(uint32_t row) const { return !result_.valid || TestBit(result_.valid.as<uint64_t>(), row); }
  // Makes a cell ERROR or NULL that is a value so far.
  void Fail(uint32_t row, CellError error);
  void SetNull(uint32_t row);

  // Marks what the arguments make invalid: NULL and ERROR (strict), or ERROR only.
  void PropagateInvalid(bool strict);
  // Validity of the result as memory that only this call writes; all rows valid if there was none.
  uint64_t* OwnValid();
  // Likewise error codes; no ERROR if there was none.
  uint8_t* OwnErrors();

  // Text that the result owns. Text() copies, AllocateText() gives the memory of a text longer than
  // StringCell::kInlineBytes to fill in. Up to kMaxTextBytes each.
  StringCell Text(std::string_view text) {
    if (text.size() <= StringCell::kInlineBytes) return StringCell(text);
    char* copy = AllocateText(text.size());
    std::memcpy(copy, text.data(), text.size());
    return StringCell(copy, static_cast<uint32_t>(text.size()));
  }
  // The same, or ERROR VALUE_TOO_LARGE.
  StringCell TextOrFail(uint32_t row, std::string_view text);
  char* AllocateText(size_t bytes);
  // Keeps the argument's long texts alive: for results that are parts of it.
  void ShareHeaps(const Vector& argument);
  // Empty memory to build a text in.
  std::string& scratch() {
    scratch_.clear();
    return scratch_;
  }

 private:
  BufferRef TakeMemory(size_t bytes) { return escapes_ ? BufferRef::Allocate(bytes) : pool_.Take(bytes); }

  uint32_t size_;
  const Selection& selection_;
  std::span<const Vector* const> arguments_;
  DataType type_;
  BufferPool& pool_;
  bool escapes_;
  const ValueSet* set_ = nullptr;
  Cells& result_;
  bool owns_valid_ = false;
  bool owns_errors_ = false;
  char* heap_free_ = nullptr;
  char* heap_end_ = nullptr;
  size_t heap_block_ = 0;
  std::string scratch_;
};

}  // namespace freshet
