#include "engine/state/block_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "engine/base/check.h"

namespace freshet {
namespace {

constexpr size_t kHugePage = 2 << 20;

// Pages of the system, zeroed by it at first touch. From 2 MiB on aligned to huge pages: growing a state page by page
// costs several times what its use does.
char* MapPages(size_t bytes) {
  size_t slack = bytes >= kHugePage ? kHugePage : 0;
  void* memory = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED) << "out of memory for " << bytes << " bytes of state";
  if (slack == 0) return static_cast<char*>(memory);
  uintptr_t begin = reinterpret_cast<uintptr_t>(memory);
  uintptr_t aligned = (begin + kHugePage - 1) / kHugePage * kHugePage;
  if (aligned > begin) munmap(memory, aligned - begin);
  size_t rest = begin + slack - aligned;
  if (rest > 0) munmap(reinterpret_cast<void*>(aligned + bytes), rest);
  madvise(reinterpret_cast<void*>(aligned), bytes, MADV_HUGEPAGE);  // a wish: without it the pages are small
  return reinterpret_cast<char*>(aligned);
}

size_t RoundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// What a block too large for the classes takes.
size_t MappedBytes(size_t bytes) { return RoundUp(bytes, bytes >= kHugePage ? kHugePage : 4096); }

}  // namespace

BlockPool::~BlockPool() {
  for (const Chunk& chunk : chunks_) munmap(chunk.memory, chunk.bytes);
  for (const Chunk& chunk : large_) munmap(chunk.memory, chunk.bytes);
}

size_t BlockPool::ClassOf(size_t bytes) {
  if (bytes <= 512) return bytes == 0 ? 0 : (bytes + 15) / 16 - 1;
  size_t last = bytes - 1;
  unsigned log = std::bit_width(last) - 1;
  return 32 + (log - 9) * 4 + ((last >> (log - 2)) & 3);
}

size_t BlockPool::BytesOfClass(size_t size_class) {
  if (size_class < 32) return (size_class + 1) * 16;
  size_t log = 9 + (size_class - 32) / 4;
  size_t quarter = (size_class - 32) % 4;
  return (size_t{1} << log) + (quarter + 1) * (size_t{1} << (log - 2));
}

size_t BlockPool::ClassBytes(size_t bytes) {
  return bytes > kLargestPooled ? MappedBytes(bytes) : BytesOfClass(ClassOf(bytes));
}

void* BlockPool::Allocate(size_t bytes) {
  size_t taken = ClassBytes(bytes);
  used_bytes_ += taken;
  if (bytes > kLargestPooled) {
    large_.push_back({MapPages(taken), taken});
    reserved_bytes_ += taken;
    return large_.back().memory;
  }
  FreeBlock*& head = free_[ClassOf(bytes)];
  if (head == nullptr) return Carve(taken);
  FreeBlock* block = std::exchange(head, head->next);
  __builtin_prefetch(head,
                     1);  // a free list leads all over the memory: the next block is on its way when it is asked for
  return block;
}

void* BlockPool::AllocateForGood(size_t bytes) {
  bytes = RoundUp(bytes, 64);
  CHECK_LE(bytes, kLargestPooled);
  used_bytes_ += bytes;
  return Carve(bytes);
}

void BlockPool::Free(void* block, size_t bytes) {
  size_t taken = ClassBytes(bytes);
  used_bytes_ -= taken;
  if (bytes > kLargestPooled) {
    auto found = std::find_if(large_.begin(), large_.end(), [&](const Chunk& chunk) { return chunk.memory == block; });
    CHECK(found != large_.end());
    munmap(block, taken);
    reserved_bytes_ -= taken;
    *found = large_.back();
    large_.pop_back();
    return;
  }
  FreeBlock*& head = free_[ClassOf(bytes)];
  head = new (block) FreeBlock{head};
}

void* BlockPool::Carve(size_t bytes) {
  size_t alignment = bytes % 64 == 0 ? 64 : 16;
  for (;;) {
    char* block = reinterpret_cast<char*>(RoundUp(reinterpret_cast<uintptr_t>(next_), alignment));
    if (next_ != nullptr && block + bytes <= end_) {
      next_ = block + bytes;
      return block;
    }
    DonateRest();
    NewChunk(bytes);
  }
}

// What is left of a chunk serves later requests of smaller classes.
void BlockPool::DonateRest() {
  size_t size_class = kClasses;
  while (size_class > 0) {
    size_t bytes = BytesOfClass(size_class - 1);
    size_t alignment = bytes % 64 == 0 ? 64 : 16;
    char* block = reinterpret_cast<char*>(RoundUp(reinterpret_cast<uintptr_t>(next_), alignment));
    if (next_ == nullptr || block + bytes > end_) {
      --size_class;
      continue;
    }
    free_[size_class - 1] = new (block) FreeBlock{free_[size_class - 1]};
    next_ = block + bytes;
  }
}

void BlockPool::NewChunk(size_t at_least) {
  size_t bytes = std::clamp(std::bit_floor(reserved_bytes_ / 2), kSmallestChunk, kLargestChunk);
  bytes = std::max(bytes, std::bit_ceil(at_least));
  chunks_.push_back({MapPages(bytes), bytes});
  reserved_bytes_ += bytes;
  next_ = chunks_.back().memory;
  end_ = next_ + bytes;
}

}  // namespace freshet
