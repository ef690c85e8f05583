#include "engine/base/buffer.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/base/check.h"

namespace freshet {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kReadablePadding = 64;

}  // namespace

// Aligned by hand: glibc's aligned_alloc passes by its thread caches and costs several times what malloc does, which is
// what an epoch of one row is made of. The block's address lies in the last word of the header.
Buffer* Buffer::Allocate(size_t size) {
  static_assert(sizeof(Buffer) <= kHeaderBytes - sizeof(void*));
  size_t total = kHeaderBytes + size + kReadablePadding;
  void* block = std::malloc(total + kAlignment - 1);
  CHECK(block != nullptr) << "out of memory for a buffer of " << total << " bytes";
  uintptr_t address = (reinterpret_cast<uintptr_t>(block) + kAlignment - 1) / kAlignment * kAlignment;
  void* memory = reinterpret_cast<void*>(address);
  std::memcpy(static_cast<char*>(memory) + kHeaderBytes - sizeof(void*), &block, sizeof(void*));
  return new (memory) Buffer(size);
}

void Buffer::Free(Buffer* buffer) {
  void* block;
  std::memcpy(&block, reinterpret_cast<char*>(buffer) + kHeaderBytes - sizeof(void*), sizeof(void*));
  buffer->~Buffer();
  std::free(block);
}

BufferRef BufferRef::AllocateZeroed(size_t size) {
  BufferRef ref = Allocate(size);
  std::memset(ref.mutable_as<char>(), 0, size);
  return ref;
}

}  // namespace freshet
