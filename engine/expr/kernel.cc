#include "engine/expr/kernel.h"

#include <algorithm>
#include <cstring>

namespace freshet {
namespace {

// The first block fits what short texts need; later ones grow, so that the number of heaps stays small.
constexpr size_t kTextBytesPerRow = 32;
constexpr size_t kMinHeapBlock = 64;
constexpr size_t kMaxHeapBlock = size_t{1} << 20;

void FillBits(uint64_t* bits, uint32_t size, bool value) {
  std::memset(bits, value ? 0xFF : 0, BitmapWords(size) * sizeof(uint64_t));
}

}  // namespace

KernelCall::KernelCall(uint32_t size, const Selection& selection, std::span<const Vector* const> arguments,
                       DataType type, BufferPool& pool, bool escapes, Cells& result)
    : size_(size),
      selection_(selection),
      arguments_(arguments),
      type_(type),
      pool_(pool),
      escapes_(escapes),
      result_(result) {
  result_.values = TakeMemory(size * WidthOf(PhysicalOf(type.kind)));
  result_.valid = BufferRef();
  result_.errors = BufferRef();
  result_.heaps.clear();
}

uint64_t* KernelCall::OwnValid() {
  if (!owns_valid_) {
    BufferRef own = TakeMemory(BitmapWords(size_) * sizeof(uint64_t));
    if (result_.valid) {
      std::memcpy(own.mutable_as<uint64_t>(), result_.valid.as<uint64_t>(), BitmapWords(size_) * sizeof(uint64_t));
    } else {
      FillBits(own.mutable_as<uint64_t>(), size_, true);
    }
    result_.valid = std::move(own);
    owns_valid_ = true;
  }
  return result_.valid.mutable_as<uint64_t>();
}

uint8_t* KernelCall::OwnErrors() {
  if (!owns_errors_) {
    BufferRef own = TakeMemory(size_);
    if (result_.errors) {
      std::memcpy(own.mutable_as<uint8_t>(), result_.errors.as<uint8_t>(), size_);
    } else {
      std::memset(own.mutable_as<uint8_t>(), 0, size_);
    }
    result_.errors = std::move(own);
    owns_errors_ = true;
  }
  return result_.errors.mutable_as<uint8_t>();
}

void KernelCall::Fail(uint32_t row, CellError error) {
  ClearBit(OwnValid(), row);
  OwnErrors()[row] = static_cast<uint8_t>(error);
}

void KernelCall::SetNull(uint32_t row) { ClearBit(OwnValid(), row); }

void KernelCall::PropagateInvalid(bool strict) {
  for (const Vector* argument : arguments_) {
    const uint8_t* codes = argument->error_codes();
    if (codes != nullptr) {
      if (argument->constant()) {
        uint8_t* errors = OwnErrors();
        for (uint32_t row = 0; row < size_; ++row) errors[row] = errors[row] != 0 ? errors[row] : codes[0];
      } else if (!result_.errors) {
        result_.errors = argument->errors_buffer();
      } else {
        uint8_t* errors = OwnErrors();
        for (uint32_t row = 0; row < size_; ++row) errors[row] = errors[row] != 0 ? errors[row] : codes[row];
      }
    }
    if (!strict || argument->valid_bits() == nullptr) continue;
    if (argument->constant()) {
      if (!argument->IsValue(0)) FillBits(OwnValid(), size_, false);
    } else if (!result_.valid) {
      result_.valid = argument->valid_buffer();
    } else {
      uint64_t* valid = OwnValid();
      const uint64_t* other = argument->valid_bits();
      for (size_t word = 0; word < BitmapWords(size_); ++word) valid[word] &= other[word];
    }
  }
  if (!strict && result_.errors) {
    uint64_t* valid = OwnValid();
    const uint8_t* errors = result_.errors.as<uint8_t>();
    for (uint32_t row = 0; row < size_; ++row) {
      if (errors[row] != 0) ClearBit(valid, row);
    }
  }
}

StringCell KernelCall::TextOrFail(uint32_t row, std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    Fail(row, CellError::kTooLarge);
    return StringCell();
  }
  return Text(text);
}

char* KernelCall::AllocateText(size_t bytes) {
  if (static_cast<size_t>(heap_end_ - heap_free_) < bytes) {
    size_t rows = selection_.CountOf(size_);
    heap_block_ = heap_block_ == 0 ? std::max(kMinHeapBlock, rows * kTextBytesPerRow) : heap_block_ * 2;
    heap_block_ = std::min(heap_block_, kMaxHeapBlock);
    size_t block = rows == 1 ? bytes : std::max(heap_block_, bytes);
    BufferRef heap = BufferRef::Allocate(block);
    heap_free_ = heap.mutable_as<char>();
    heap_end_ = heap_free_ + block;
    result_.heaps.push_back(std::move(heap));
  }
  char* text = heap_free_;
  heap_free_ += bytes;
  return text;
}

void KernelCall::ShareHeaps(const Vector& argument) {
  // Many chained shares of one heap would grow the list without bound.
  for (const BufferRef& heap : argument.heaps()) {
    if (std::find(result_.heaps.begin(), result_.heaps.end(), heap) == result_.heaps.end()) {
      result_.heaps.push_back(heap);
    }
  }
}

}  // namespace freshet
