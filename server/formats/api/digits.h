// Reads short runs of digits eight at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace freshet {

inline constexpr uint64_t kEightZeros = 0x3030303030303030ull;  // the characters

// 1 to 8 characters as a word, behind as many zeros as are missing; the last character in the highest byte.
inline uint64_t LoadDigits(const char* at, size_t size) {
  uint64_t word = 0;
  if (size >= 4) {
    uint32_t first;
    uint32_t last;
    std::memcpy(&first, at, 4);
    std::memcpy(&last, at + size - 4, 4);
    uint64_t tail = size == 4 ? 0 : last >> (8 * (8 - size));
    word = first | (tail << 32);
  } else {
    for (size_t i = 0; i < size; ++i) word |= static_cast<uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  }
  if (size == 8) return word;
  return (word << (8 * (8 - size))) | (kEightZeros >> (8 * size));
}

// The same where 8 bytes can be read, whatever the size.
inline uint64_t LoadPaddedDigits(const char* at, size_t size) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return (word << (8 * (8 - size))) | ((kEightZeros >> 8) >> (8 * (size - 1)));
}

// Eight digits at once: pairs, then fours, then all. False: one is no digit.
inline bool ConvertDigits(uint64_t word, uint64_t* out) {
  uint64_t digits = word - kEightZeros;
  uint64_t not_digits = ((word + 0x4646464646464646ull) | digits) & 0x8080808080808080ull;
  if (not_digits != 0) return false;
  digits = digits * 10 + (digits >> 8);
  constexpr uint64_t kMask = 0x000000FF000000FFull;
  *out =
      (((digits & kMask) * (100 + (1'000'000ull << 32))) + (((digits >> 16) & kMask) * (1 + (10'000ull << 32)))) >> 32;
  return true;
}

// A minus or none and 1 to 16 digits. False: it may still be a number.
inline bool ReadShortDigits(std::string_view text, int64_t* out) {
  const char* at = text.data();
  size_t size = text.size();
  bool negative = size != 0 && *at == '-';
  if (negative) {
    ++at;
    --size;
  }
  if (size == 0 || size > 16) return false;
  size_t head = size > 8 ? size - 8 : size;
  uint64_t value = 0;
  if (!ConvertDigits(LoadDigits(at, head), &value)) return false;
  if (size > 8) {
    uint64_t low = 0;
    if (!ConvertDigits(LoadDigits(at + head, 8), &low)) return false;
    value = value * 100'000'000 + low;
  }
  *out = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  return true;
}

// The same where at least 8 bytes behind the text can be read: few branches for up to 8 digits.
inline bool ReadPaddedDigits(std::string_view text, int64_t* out) {
  const size_t minus = !text.empty() && text[0] == '-' ? 1 : 0;
  const size_t size = text.size() - minus;
  if (size - 1 >= 8) return ReadShortDigits(text, out);
  uint64_t value;
  if (!ConvertDigits(LoadPaddedDigits(text.data() + minus, size), &value)) return false;
  const int64_t sign = -static_cast<int64_t>(minus);
  *out = (static_cast<int64_t>(value) ^ sign) - sign;
  return true;
}

}  // namespace freshet
