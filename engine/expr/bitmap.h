// Turns 0/1 bytes (boolean values) into bits (validity) and back, 64 rows at a time, without branches.
#pragma once

#include <cstdint>
#include <cstring>

namespace freshet {

inline bool TestBit(const uint64_t* bits, uint32_t row) { return ((bits[row / 64] >> (row % 64)) & 1) != 0; }
inline void SetBit(uint64_t* bits, uint32_t row) { bits[row / 64] |= uint64_t{1} << (row % 64); }
inline void ClearBit(uint64_t* bits, uint32_t row) { bits[row / 64] &= ~(uint64_t{1} << (row % 64)); }

// Bit i is the lowest bit of bytes[i], for 64 bytes (which may lie past the last row: buffers are padded).
inline uint64_t BitsOfBytes(const uint8_t* bytes) {
  uint64_t bits = 0;
  for (int group = 0; group < 8; ++group) {
    uint64_t word;
    std::memcpy(&word, bytes + group * 8, 8);
    bits |= (((word & 0x0101010101010101ull) * 0x0102040810204080ull) >> 56) << (group * 8);
  }
  return bits;
}

// Bit i says whether bytes[i] is not 0, for 64 bytes (error codes).
inline uint64_t BitsOfNonzeroBytes(const uint8_t* bytes) {
  uint64_t bits = 0;
  for (int group = 0; group < 8; ++group) {
    uint64_t word;
    std::memcpy(&word, bytes + group * 8, 8);
    uint64_t nonzero = ((((word & 0x7F7F7F7F7F7F7F7Full) + 0x7F7F7F7F7F7F7F7Full) | word) >> 7) & 0x0101010101010101ull;
    bits |= ((nonzero * 0x0102040810204080ull) >> 56) << (group * 8);
  }
  return bits;
}

// The inverse of BitsOfBytes: bytes[i] = bit i. Writes 8 * ceil(count / 8) bytes.
inline void BytesOfBits(uint64_t bits, uint8_t* bytes, uint32_t count) {
  for (uint32_t row = 0; row < count; row += 8) {
    uint64_t spread = (((bits >> row) & 0xFF) * 0x0101010101010101ull) & 0x8040201008040201ull;
    uint64_t word = ((spread + 0x00406070787C7E7Full) >> 7) & 0x0101010101010101ull;
    std::memcpy(bytes + row, &word, 8);
  }
}

}  // namespace freshet
