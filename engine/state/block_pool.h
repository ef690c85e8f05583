// Gives out and recycles the memory of one state: blocks of any size from large chunks, a free list for each size
// class. Chunks grow from 64 KiB to 2 MiB huge pages, so that a small state is small and a large one does not fault
// page by page. Single-threaded; everything is freed with the pool.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet {

class BlockPool {
 public:
  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // A block of at least `bytes`, not initialised. Aligned to 16, and to 64 where its size class is a multiple of 64.
  void* Allocate(size_t bytes);
  // Takes a block back; `bytes` as it was asked for.
  void Free(void* block, size_t bytes);

  // A block of exactly `bytes`, aligned to 64, that stays until the pool goes. At most 1 MiB.
  void* AllocateForGood(size_t bytes);

  // Of the blocks given out, rounded to their size classes.
  size_t used_bytes() const { return used_bytes_; }
  // Taken from the system.
  size_t reserved_bytes() const { return reserved_bytes_; }
  // What Allocate(bytes) takes.
  static size_t ClassBytes(size_t bytes);

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  struct Chunk {
    char* memory;
    size_t bytes;
  };
  static constexpr size_t kSmallestChunk = 64 << 10;
  static constexpr size_t kLargestChunk = 2 << 20;
  static constexpr size_t kLargestPooled = 1 << 20;  // larger blocks are mapped one by one
  static constexpr size_t kClasses = 32 + 4 * 11;    // multiples of 16 up to 512, then four to a doubling

  static size_t ClassOf(size_t bytes);
  static size_t BytesOfClass(size_t size_class);
  void* Carve(size_t bytes);
  void NewChunk(size_t at_least);
  void DonateRest();

  std::array<FreeBlock*, kClasses> free_{};
  std::vector<Chunk> chunks_;
  std::vector<Chunk> large_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t used_bytes_ = 0;
  size_t reserved_bytes_ = 0;
};

}  // namespace freshet
