#include "engine/base/key_hash.h"

namespace freshet {
namespace {

uint64_t LoadTail(const char* data, size_t size) {
  uint64_t value = 0;
  std::memcpy(&value, data, size);
  return value;
}

uint64_t Load8(const char* data) { return LoadTail(data, 8); }

}  // namespace

uint64_t HashBytes(const char* data, size_t size, uint64_t seed) {
  uint64_t state = seed ^ MixHash(size + 0x589965CC75374CC3ull, 0x1D8E4E27C47D124Full);
  while (size > 16) {
    state = HashPair(Load8(data), Load8(data + 8) ^ state, seed) ^ (state << 1);
    data += 16;
    size -= 16;
  }
  uint64_t first = LoadTail(data, size < 8 ? size : 8);
  uint64_t second = size > 8 ? LoadTail(data + 8, size - 8) : 0;
  return HashPair(first, second ^ state, seed);
}

}  // namespace freshet
