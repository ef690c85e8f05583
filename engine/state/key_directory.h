// Finds the entries of one vnode by hash: open addressing over lines of eight words, one cache line each.
//
// A word is 32 hash bits below the vnode's (the tag) and the 32-bit number of the entry; 0 = empty, 1 = deleted. A hash
// begins at the line that its first bits name and goes on to the next line while lines are full, so that nearly every
// look-up reads one cache line, compares its eight tags at once, and has one candidate. The tag holds the bits that
// name the line too: a directory grows without reading an entry. (Lines with tags compared at once: after Facebook's
// F14 and Abseil's Swiss tables.)
#pragma once

#include <bit>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "engine/base/key_hash.h"
#include "engine/state/block_pool.h"

namespace freshet {

class KeyDirectory {
 public:
  static constexpr uint32_t kNone = ~0u;  // no entry's number

  // Empty; without memory of its own until the first Insert. Its memory goes with the pool.
  KeyDirectory() : lines_(&empty_line) {}

  void Prefetch(uint64_t hash) const { __builtin_prefetch(LineAt(LineOf(TagOf(hash)))); }
  // An entry that most likely has the hash, or kNone: there is none, or one has to look further. Reads one cache line.
  uint32_t Candidate(uint64_t hash) const {
    uint32_t tag = TagOf(hash);
    const Line* line = LineAt(LineOf(tag));
    uint32_t found = line->TagMask(tag);
    return found == 0 ? kNone : NumberOf(line->words[std::countr_zero(found)]);
  }
  // The entry of the hash's tag for which `same(number)` holds; kNone. It is asked for every entry of the tag up to
  // that one.
  template <typename Same>
  uint32_t Find(uint64_t hash, Same same) const {
    uint32_t tag = TagOf(hash);
    for (uint32_t at = LineOf(tag);; at = NextLine(at)) {
      const Line* line = LineAt(at);
      for (uint32_t found = line->TagMask(tag); found != 0; found &= found - 1) {
        uint32_t number = NumberOf(line->words[std::countr_zero(found)]);
        if (same(number)) return number;
      }
      if (line->EmptyMask() != 0) return kNone;
    }
  }

  // Adds an entry that is not there; grows when three quarters are filled.
  void Insert(uint64_t hash, uint32_t number, BlockPool& pool) {
    if (room_ == 0) Grow(pool);
    Put(TagOf(hash), WordOf(TagOf(hash), number));
  }
  // Takes out an entry that is there.
  void Remove(uint64_t hash, uint32_t number);

  // Calls visit(number) for every entry.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (uint32_t at = 0; at < line_count(); ++at) {
      for (uint64_t word : LineAt(at)->words) {
        if (word > kDeleted) visit(NumberOf(word));
      }
    }
  }

 private:
  static constexpr uint64_t kDeleted = 1;
  static constexpr uint32_t kLineWords = 8;

  struct alignas(64) Line {
    uint64_t words[kLineWords];

    // One bit for each word: has the tag; is empty.
#if defined(__AVX2__)
    uint32_t TagMask(uint32_t tag) const {
      __m256i wanted = _mm256_set1_epi32(static_cast<int>(tag));
      return Signs(_mm256_cmpeq_epi32(Half(0), wanted)) | Signs(_mm256_cmpeq_epi32(Half(1), wanted)) << 4;
    }
    uint32_t EmptyMask() const {
      __m256i zero = _mm256_setzero_si256();
      return Signs(_mm256_cmpeq_epi64(Half(0), zero)) | Signs(_mm256_cmpeq_epi64(Half(1), zero)) << 4;
    }
    __m256i Half(uint32_t half) const { return _mm256_load_si256(reinterpret_cast<const __m256i*>(words) + half); }
    // The highest bit of each word.
    static uint32_t Signs(__m256i words) {
      return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(words)));
    }
#else
    uint32_t TagMask(uint32_t tag) const {
      uint32_t mask = 0;
      for (uint32_t i = 0; i < kLineWords; ++i) mask |= uint32_t{words[i] >> 32 == tag} << i;
      return mask;
    }
    uint32_t EmptyMask() const {
      uint32_t mask = 0;
      for (uint32_t i = 0; i < kLineWords; ++i) mask |= uint32_t{words[i] == 0} << i;
      return mask;
    }
#endif
  };

  // Never 0, the tag of empty and deleted words.
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> (32 - kVnodeBits)) | 1; }
  static uint64_t WordOf(uint32_t tag, uint32_t number) { return uint64_t{tag} << 32 | number; }
  static uint32_t NumberOf(uint64_t word) { return static_cast<uint32_t>(word); }

  uint32_t line_count() const { return 1u << log_lines_; }
  uint32_t LineOf(uint32_t tag) const { return static_cast<uint32_t>(uint64_t{tag} >> (32 - log_lines_)); }
  uint32_t NextLine(uint32_t at) const { return (at + 1) & (line_count() - 1); }
  Line* LineAt(uint32_t at) const { return lines_ + at; }

  void Put(uint32_t tag, uint64_t word);
  void Grow(BlockPool& pool);

  static Line empty_line;  // of all that are empty: never written, since they have no room

  Line* lines_;
  uint32_t room_ = 0;  // words that may still be filled before the directory must grow
  uint32_t log_lines_ = 0;
};
static_assert(sizeof(KeyDirectory) == 16);

}  // namespace freshet
