// Keeps the scratch memory of a program between batches, so that evaluating one row allocates almost nothing.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <vector>

#include "engine/base/buffer.h"

namespace freshet {

// Lists free buffers by the power of two that they hold. A buffer that someone else shares is let go, not kept.
class BufferPool {
 public:
  // At least `bytes`, not initialised.
  BufferRef Take(size_t bytes) {
    size_t size_class = ClassOf(bytes);
    std::vector<BufferRef>& free = free_[size_class];
    if (!free.empty()) {
      BufferRef buffer = std::move(free.back());
      free.pop_back();
      return buffer;
    }
    return BufferRef::Allocate(size_t{1} << size_class);
  }

  void Give(BufferRef buffer) {
    if (!buffer.unique() || !std::has_single_bit(buffer.size()) || buffer.size() < kMinBytes) return;
    std::vector<BufferRef>& free = free_[ClassOf(buffer.size())];
    if (free.size() < kKeptPerClass && buffer.size() <= kMaxBytes) free.push_back(std::move(buffer));
  }

 private:
  static constexpr size_t kMinBytes = 64;
  static constexpr size_t kMaxBytes = 256 << 10;
  static constexpr size_t kKeptPerClass = 16;

  static size_t ClassOf(size_t bytes) { return std::bit_width((bytes < kMinBytes ? kMinBytes : bytes) - 1); }

  std::array<std::vector<BufferRef>, 64> free_;
};

}  // namespace freshet
