// Holds one immutable, reference-counted block of memory. Written by one owner until it is published in a Column;
// shared between threads after that. Blocks are 64-byte aligned and readable 64 bytes past their size (for SIMD loads).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace freshet {

class Buffer {
 public:
  // Allocates `size` bytes, not initialised.
  static Buffer* Allocate(size_t size);

  size_t size() const { return size_; }
  char* data() { return reinterpret_cast<char*>(this) + kHeaderBytes; }

  void Ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void Unref() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) Free(this);
  }
  bool unique() const { return refs_.load(std::memory_order_acquire) == 1; }

 private:
  static constexpr size_t kHeaderBytes = 64;

  explicit Buffer(size_t size) : refs_(1), size_(size) {}
  static void Free(Buffer* buffer);

  std::atomic<uint32_t> refs_;
  size_t size_;
};

// Shares a Buffer.
class BufferRef {
 public:
  BufferRef() = default;
  static BufferRef Allocate(size_t size) { return BufferRef(Buffer::Allocate(size)); }
  static BufferRef AllocateZeroed(size_t size);
  template <typename T>
  static BufferRef Of(size_t count) {
    return Allocate(count * sizeof(T));
  }

  BufferRef(const BufferRef& other) : buffer_(other.buffer_) {
    if (buffer_ != nullptr) buffer_->Ref();
  }
  BufferRef(BufferRef&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
  BufferRef& operator=(BufferRef other) noexcept {
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~BufferRef() {
    if (buffer_ != nullptr) buffer_->Unref();
  }

  explicit operator bool() const { return buffer_ != nullptr; }
  bool operator==(const BufferRef& other) const { return buffer_ == other.buffer_; }
  size_t size() const { return buffer_ == nullptr ? 0 : buffer_->size(); }
  // Whether no other BufferRef shares the block, so that it may be written again.
  bool unique() const { return buffer_ != nullptr && buffer_->unique(); }

  template <typename T>
  const T* as() const {
    return buffer_ == nullptr ? nullptr : reinterpret_cast<const T*>(buffer_->data());
  }
  // Only before the buffer is shared.
  template <typename T>
  T* mutable_as() {
    return reinterpret_cast<T*>(buffer_->data());
  }

 private:
  explicit BufferRef(Buffer* buffer) : buffer_(buffer) {}

  Buffer* buffer_ = nullptr;
};

}  // namespace freshet
