#include "engine/columnar/column_builder.h"

#include <algorithm>

namespace freshet {
namespace {

constexpr uint32_t kSmallestCapacity = 16;
// Chunks of long strings double from the first to the last, so that a batch of one row costs little and a full one
// few allocations.
constexpr size_t kFirstHeapBytes = 1 << 10;
constexpr size_t kLastHeapBytes = 256 << 10;

}  // namespace

ColumnBuilder::ColumnBuilder(DataType type, uint32_t capacity)
    : type_(type),
      width_(static_cast<uint32_t>(WidthOf(PhysicalOf(type.kind)))),
      first_capacity_(std::max(capacity, kSmallestCapacity)) {}

void ColumnBuilder::Grow() {
  CHECK(capacity_ <= UINT32_MAX / 2);
  capacity_ = capacity_ == 0 ? first_capacity_ : capacity_ * 2;
  BufferRef larger = BufferRef::Allocate(size_t{capacity_} * width_);
  if (size_ != 0) std::memcpy(larger.mutable_as<char>(), values_.as<char>(), size_t{size_} * width_);
  values_ = std::move(larger);
}

char* ColumnBuilder::AllocateLong(size_t size) {
  if (own_heap_.size() - heap_used_ >= size) {
    char* place = own_heap_.mutable_as<char>() + heap_used_;
    heap_used_ += size;
    return place;
  }
  size_t chunk = std::clamp(own_heap_.size() * 2, kFirstHeapBytes, kLastHeapBytes);
  if (size > chunk / 2) {
    // Large strings get a heap each; the rest of the current chunk stays in use.
    heaps_.push_back(BufferRef::Allocate(size));
    return heaps_.back().mutable_as<char>();
  }
  own_heap_ = BufferRef::Allocate(chunk);
  heaps_.push_back(own_heap_);
  heap_used_ = size;
  return own_heap_.mutable_as<char>();
}

void ColumnBuilder::AppendLongString(std::string_view text) {
  CHECK(text.size() <= UINT32_MAX) << text.size() << " bytes";
  char* place = AllocateLong(text.size());
  std::memcpy(place, text.data(), text.size());
  Append(StringCell(place, static_cast<uint32_t>(text.size())));
}

void ColumnBuilder::MarkInvalid(uint32_t row) {
  if (valid_.size() <= row / 64) valid_.resize(BitmapWords(capacity_), ~uint64_t{0});
  valid_[row / 64] &= ~(uint64_t{1} << (row % 64));
}

void ColumnBuilder::AppendNull() {
  Reserve();
  std::memset(values_.mutable_as<char>() + size_t{size_} * width_, 0, width_);
  MarkInvalid(size_++);
}

void ColumnBuilder::AppendError(CellError error) {
  CHECK(error != CellError::kNone);
  AppendNull();
  if (errors_.size() < size_) errors_.resize(capacity_, 0);
  errors_[size_ - 1] = static_cast<uint8_t>(error);
}

void ColumnBuilder::AppendFrom(const Column& column, uint32_t row) {
  DCHECK(PhysicalOf(type_.kind) == column.physical());
  if (!column.IsValue(row)) {
    CellError error = column.ErrorAt(row);
    return error == CellError::kNone ? AppendNull() : AppendError(error);
  }
  if (column.physical() == PhysicalType::kString) return AppendString(column.values<StringCell>()[row].view());
  Reserve();
  std::memcpy(values_.mutable_as<char>() + size_t{size_} * width_, column.raw_values() + size_t{row} * width_, width_);
  ++size_;
}

Column ColumnBuilder::Finish() {
  BufferRef valid;
  BufferRef errors;
  if (!valid_.empty()) {
    size_t words = BitmapWords(size_);
    valid_.resize(words, ~uint64_t{0});
    valid = BufferRef::Of<uint64_t>(words);
    std::copy(valid_.begin(), valid_.end(), valid.mutable_as<uint64_t>());
  }
  if (!errors_.empty()) {
    errors_.resize(size_, 0);
    errors = BufferRef::Of<uint8_t>(size_);
    std::copy(errors_.begin(), errors_.end(), errors.mutable_as<uint8_t>());
  }
  Column column(type_, size_, std::move(values_), std::move(valid), std::move(errors), std::move(heaps_));
  size_ = 0;
  capacity_ = 0;
  values_ = BufferRef();
  valid_.clear();
  errors_.clear();
  heaps_.clear();
  own_heap_ = BufferRef();
  heap_used_ = 0;
  return column;
}

}  // namespace freshet
