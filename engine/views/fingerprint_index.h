// Finds positions by a 32-bit fingerprint: the index of a key's many rows. No call moves more than a bucket.
//
// Idea (extendible hashing: Fagin et al., 1979): the fingerprint's first bits choose a bucket of up to 2048 words, an
// open-addressing table; a full bucket is split in two by one more bit, and only pointers are doubled.
#pragma once

#include <cstdint>

#include "engine/state/block_pool.h"

namespace freshet {

class FingerprintIndex {
 public:
  // All memory is of the pool.
  explicit FingerprintIndex(BlockPool& pool) : pool_(pool) {}
  ~FingerprintIndex();
  FingerprintIndex(const FingerprintIndex&) = delete;
  FingerprintIndex& operator=(const FingerprintIndex&) = delete;

  static constexpr uint32_t kNone = ~0u;
  // The position under the fingerprint for which `matches(position)` holds, or kNone.
  template <typename Matches>
  uint32_t Find(uint32_t fingerprint, Matches matches) const {
    if (buckets_ == nullptr) return kNone;
    const Bucket& bucket = *BucketOf(fingerprint);
    for (uint32_t slot = fingerprint & bucket.mask; bucket.words()[slot] != 0; slot = (slot + 1) & bucket.mask) {
      if (static_cast<uint32_t>(bucket.words()[slot] >> 32) != fingerprint) continue;
      uint32_t position = static_cast<uint32_t>(bucket.words()[slot]) - 1;
      if (matches(position)) return position;
    }
    return kNone;
  }
  // A pair of fingerprint and position stands at most once.
  void Insert(uint32_t fingerprint, uint32_t position);
  void Remove(uint32_t fingerprint, uint32_t position);

 private:
  struct Bucket {
    uint32_t mask;
    uint32_t used;
    uint32_t depth;  // fingerprints in it share so many first bits
    uint32_t unused;
    // The fingerprint in the upper half, position + 1 in the lower; 0 = empty.
    uint64_t* words() { return reinterpret_cast<uint64_t*>(this + 1); }
    const uint64_t* words() const { return reinterpret_cast<const uint64_t*>(this + 1); }
  };
  static size_t BucketBytes(uint32_t slots) { return sizeof(Bucket) + size_t{slots} * sizeof(uint64_t); }

  uint32_t PlaceOf(uint32_t fingerprint) const {
    return static_cast<uint32_t>(static_cast<uint64_t>(fingerprint) >> (32 - depth_));
  }
  Bucket* BucketOf(uint32_t fingerprint) const { return buckets_[PlaceOf(fingerprint)]; }
  Bucket* NewBucket(uint32_t slots, uint32_t depth);
  void FreeBucket(Bucket* bucket) { pool_.Free(bucket, BucketBytes(bucket->mask + 1)); }
  static void Put(Bucket& bucket, uint64_t word);
  // Makes room in the bucket of a fingerprint.
  void Grow(uint32_t fingerprint);
  void Enlarge(uint32_t fingerprint);
  void Split(uint32_t fingerprint);
  void DoublePlaces();

  BlockPool& pool_;
  Bucket** buckets_ = nullptr;  // 2^depth_ places; a bucket of less depth stands in several
  uint32_t depth_ = 0;
};

}  // namespace freshet
