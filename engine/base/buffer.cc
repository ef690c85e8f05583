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

Buffer* Buffer::Allocate(size_t size) {
  static_assert(sizeof(Buffer) <= kHeaderBytes);
  size_t total = (kHeaderBytes + size + kReadablePadding + kAlignment - 1) / kAlignment * kAlignment;
  void* memory = std::aligned_alloc(kAlignment, total);
  CHECK(memory != nullptr) << "out of memory for a buffer of " << total << " bytes";
  return new (memory) Buffer(size);
}

void Buffer::Free(Buffer* buffer) {
  buffer->~Buffer();
  std::free(buffer);
}

BufferRef BufferRef::AllocateZeroed(size_t size) {
  BufferRef ref = Allocate(size);
  std::memset(ref.mutable_as<char>(), 0, size);
  return ref;
}

}  // namespace freshet
