// Hashes keys. The hash is part of the storage format: seeded per data directory, equal for equal values of one type in
// any encoding (1.0 = 1.00, -0.0 = 0.0; all integer widths alike). Bits 63-54 give the vnode, 53-16 the directory slot,
// 15-0 the tag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/ids.h"
#include "engine/base/int128.h"

namespace freshet {

inline constexpr uint32_t kVnodeBits = 10;
inline constexpr uint32_t kVnodeCount = 1u << kVnodeBits;

inline VnodeId VnodeOf(uint64_t hash) { return VnodeId(static_cast<uint16_t>(hash >> (64 - kVnodeBits))); }

// Multiplies to 128 bits and folds: every input bit reaches every output bit.
inline uint64_t MixHash(uint64_t a, uint64_t b) {
  uint128 product = static_cast<uint128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t HashInteger(uint64_t value, uint64_t seed) {
  return MixHash(value ^ 0x9E3779B97F4A7C15ull ^ seed, 0xD6E8FEB86659FD93ull + (seed << 1));
}

inline uint64_t HashPair(uint64_t a, uint64_t b, uint64_t seed) {
  return MixHash(MixHash(a ^ 0xA0761D6478BD642Full ^ seed, 0xE7037ED1A0B428DBull) ^ b, 0x8EBC6AF09C88C6E3ull ^ seed);
}

// Adds the hash of a further key column to that of the columns before it. Not symmetric.
inline uint64_t CombineHash(uint64_t before, uint64_t next) {
  return MixHash(before + 0x2D358DCCAA6C78A5ull, next ^ 0x8BB84B93962EACC9ull);
}

// Hashes bytes of any length.
uint64_t HashBytes(const char* data, size_t size, uint64_t seed);

}  // namespace freshet
