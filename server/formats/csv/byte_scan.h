// Finds bytes 32 at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace freshet {

inline constexpr size_t kScanBytes = 32;

// Bit i: bytes[i] equals `a` or `b`. Reads kScanBytes bytes.
inline uint32_t MatchMask(const char* bytes, char a, char b) {
#ifdef __AVX2__
  __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  __m256i matches =
      _mm256_or_si256(_mm256_cmpeq_epi8(block, _mm256_set1_epi8(a)), _mm256_cmpeq_epi8(block, _mm256_set1_epi8(b)));
  return static_cast<uint32_t>(_mm256_movemask_epi8(matches));
#else
  uint32_t mask = 0;
  for (size_t i = 0; i < kScanBytes; ++i) mask |= static_cast<uint32_t>(bytes[i] == a || bytes[i] == b) << i;
  return mask;
#endif
}

}  // namespace freshet
