// Builds a column cell by cell. For decoders, tests and operators that emit at seal; kernels write buffers directly.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/columnar/column.h"

namespace freshet {

class ColumnBuilder {
 public:
  explicit ColumnBuilder(DataType type, uint32_t capacity = kBatchRows);

  DataType type() const { return type_; }
  uint32_t size() const { return size_; }

  // T by the physical type; a StringCell must be inline or lead into a heap given to AddHeap.
  template <typename T>
  void Append(T value) {
    Reserve();
    values_.mutable_as<T>()[size_++] = value;
  }
  // Copies long strings into a heap of the column.
  void AppendString(std::string_view text) {
    if (text.size() <= StringCell::kInlineBytes) return Append(StringCell(text));
    AppendLongString(text);
  }
  void AppendNull();
  void AppendError(CellError error);
  // Copies the cell of another column of the same physical type, long strings included.
  void AppendFrom(const Column& column, uint32_t row);
  // Keeps `heap` alive as long as the column.
  void AddHeap(BufferRef heap) { heaps_.push_back(std::move(heap)); }

  // Leaves the builder empty, ready for the next column.
  Column Finish();

 private:
  void Reserve() {
    if (__builtin_expect(size_ == capacity_, false)) Grow();
  }
  void Grow();
  void MarkInvalid(uint32_t row);
  void AppendLongString(std::string_view text);
  char* AllocateLong(size_t size);

  DataType type_;
  uint32_t width_;
  uint32_t first_capacity_;
  uint32_t capacity_ = 0;  // memory is taken with the first cell
  uint32_t size_ = 0;
  BufferRef values_;
  std::vector<uint64_t> valid_;  // empty: no cell is invalid so far
  std::vector<uint8_t> errors_;  // empty: no ERROR so far
  HeapRefs heaps_;
  size_t heap_used_ = 0;  // of the last own heap
  BufferRef own_heap_;
};

}  // namespace freshet
