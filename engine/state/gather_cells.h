// Collects cells that lie scattered in a state into a column of its own memory.
#pragma once

#include <cstdint>

#include "engine/columnar/column.h"

namespace freshet {

// Builds a column of `count` cells. `value_at(i)` gives the address of cell i as it lies in a Column of the type, or
// nullptr where it is no value; `error_at(i)` is asked for those. Long strings are copied into a heap of the column.
template <typename ValueAt, typename ErrorAt>
Column GatherCells(DataType type, uint32_t count, ValueAt value_at, ErrorAt error_at);

namespace gather_internal {

// Where cells turn out to be no values.
class Invalid {
 public:
  explicit Invalid(uint32_t count) : count_(count) {}
  void Mark(uint32_t row, CellError error) {
    if (!valid_) valid_ = FullBits();
    valid_.mutable_as<uint64_t>()[row / 64] &= ~(uint64_t{1} << (row % 64));
    if (error == CellError::kNone) return;
    if (!errors_) errors_ = BufferRef::AllocateZeroed(count_);
    errors_.mutable_as<uint8_t>()[row] = static_cast<uint8_t>(error);
  }
  BufferRef valid_, errors_;

 private:
  BufferRef FullBits() const {
    BufferRef bits = BufferRef::Of<uint64_t>(BitmapWords(count_));
    std::memset(bits.mutable_as<char>(), 0xff, BitmapWords(count_) * 8);
    return bits;
  }
  uint32_t count_;
};

template <typename T, typename ValueAt, typename ErrorAt>
Column Fixed(DataType type, uint32_t count, ValueAt value_at, ErrorAt error_at) {
  BufferRef values = BufferRef::Of<T>(count);
  T* out = values.mutable_as<T>();
  Invalid invalid(count);
  for (uint32_t i = 0; i < count; ++i) {
    const void* value = value_at(i);
    if (__builtin_expect(value != nullptr, true)) {
      std::memcpy(&out[i], value, sizeof(T));
    } else {
      out[i] = T{};
      invalid.Mark(i, error_at(i));
    }
  }
  return Column(type, count, std::move(values), std::move(invalid.valid_), std::move(invalid.errors_));
}

template <typename ValueAt, typename ErrorAt>
Column Strings(DataType type, uint32_t count, ValueAt value_at, ErrorAt error_at) {
  BufferRef values = BufferRef::Of<StringCell>(count);
  StringCell* out = values.mutable_as<StringCell>();
  Invalid invalid(count);
  size_t heap_bytes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const void* value = value_at(i);
    if (value != nullptr) {
      out[i] = *static_cast<const StringCell*>(value);
      heap_bytes += out[i].is_inline() ? 0 : out[i].size();
    } else {
      out[i] = StringCell();
      invalid.Mark(i, error_at(i));
    }
  }
  HeapRefs heaps;
  if (heap_bytes > 0) {
    heaps.push_back(BufferRef::Allocate(heap_bytes));
    char* next = heaps.back().mutable_as<char>();
    for (uint32_t i = 0; i < count; ++i) {
      if (out[i].is_inline()) continue;
      uint32_t size = out[i].size();
      std::memcpy(next, out[i].data(), size);
      out[i] = StringCell(next, size);
      next += size;
    }
  }
  return Column(type, count, std::move(values), std::move(invalid.valid_), std::move(invalid.errors_),
                std::move(heaps));
}

}  // namespace gather_internal

template <typename ValueAt, typename ErrorAt>
Column GatherCells(DataType type, uint32_t count, ValueAt value_at, ErrorAt error_at) {
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
      return gather_internal::Fixed<uint8_t>(type, count, value_at, error_at);
    case PhysicalType::kInt32:
      return gather_internal::Fixed<int32_t>(type, count, value_at, error_at);
    case PhysicalType::kInt64:
      return gather_internal::Fixed<int64_t>(type, count, value_at, error_at);
    case PhysicalType::kDouble:
      return gather_internal::Fixed<double>(type, count, value_at, error_at);
    case PhysicalType::kNumeric:
      return gather_internal::Fixed<Numeric>(type, count, value_at, error_at);
    case PhysicalType::kString:
      return gather_internal::Strings(type, count, value_at, error_at);
  }
  __builtin_unreachable();
}

}  // namespace freshet
