// Finds the ends of JSON strings, and compares short runs of bytes, 32 bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace freshet {

inline constexpr uint32_t kStringScanBytes = 32;

// Of kStringScanBytes characters, a bit each.
struct StringMasks {
  uint32_t special = 0;    // a quote, a backslash or a control character
  uint32_t not_ascii = 0;  // part of a character of several bytes
};

// Reads kStringScanBytes bytes.
inline StringMasks ScanString(const char* bytes) {
#ifdef __AVX2__
  const __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  const __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(block, _mm256_set1_epi8(0x1f)), block);
  const __m256i quote = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('"'));
  const __m256i backslash = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\\'));
  const __m256i special = _mm256_or_si256(control, _mm256_or_si256(quote, backslash));
  return {static_cast<uint32_t>(_mm256_movemask_epi8(special)), static_cast<uint32_t>(_mm256_movemask_epi8(block))};
#else
  StringMasks masks;
  for (uint32_t i = 0; i < kStringScanBytes; ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    masks.special |= static_cast<uint32_t>(c < 0x20 || c == '"' || c == '\\') << i;
    masks.not_ascii |= static_cast<uint32_t>(c >> 7) << i;
  }
  return masks;
#endif
}

// Whether the first `size` bytes are equal, at most kStringScanBytes; reads so many of both.
inline bool EqualStart(const char* a, const char* b, uint32_t size) {
#ifdef __AVX2__
  const __m256i equal = _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(a)),
                                          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b)));
  const uint64_t different = static_cast<uint32_t>(~_mm256_movemask_epi8(equal));
  return (different & ((uint64_t{1} << size) - 1)) == 0;
#else
  return std::memcmp(a, b, size) == 0;
#endif
}

}  // namespace freshet
