#include "engine/base/key_hash.h"

namespace freshet {
namespace {

uint64_t Load8(const char* data) {
  uint64_t value;
  std::memcpy(&value, data, 8);
  return value;
}

uint64_t Load4(const char* data) {
  uint32_t value;
  std::memcpy(&value, data, 4);
  return value;
}

uint64_t Byte(const char* data, size_t at) {
  return static_cast<uint64_t>(static_cast<unsigned char>(data[at])) << 8 * at;
}

// The first `size` bytes, fewer than 8: by loads that overlap, since a copy of unknown size is a call.
uint64_t LoadFew(const char* data, size_t size) {
  if (size >= 4) return Load4(data) | Load4(data + size - 4) << 8 * (size - 4);
  if (size == 0) return 0;
  return Byte(data, 0) | Byte(data, size / 2) | Byte(data, size - 1);
}

}  // namespace

uint64_t HashBytes(const char* data, size_t size, uint64_t seed) {
  uint64_t state = seed ^ MixHash(size + 0x589965CC75374CC3ull, 0x1D8E4E27C47D124Full);
  while (size > 16) {
    state = HashPair(Load8(data), Load8(data + 8) ^ state, seed) ^ (state << 1);
    data += 16;
    size -= 16;
  }
  if (size < 8) return HashPair(LoadFew(data, size), state, seed);
  uint64_t second = size == 8 ? 0 : Load8(data + size - 8) >> 8 * (16 - size);
  return HashPair(Load8(data), second ^ state, seed);
}

}  // namespace freshet
