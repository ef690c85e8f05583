#include "engine/views/fingerprint_index.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

namespace freshet {
namespace {

constexpr uint32_t kSmallestBucket = 128;
constexpr uint32_t kLargestBucket = 2048;
// Fingerprints that agree in so many bits are as good as equal: their bucket is enlarged.
constexpr uint32_t kLargestDepth = 22;

}  // namespace

FingerprintIndex::~FingerprintIndex() {
  if (buckets_ == nullptr) return;
  uint32_t places = 1u << depth_;
  for (uint32_t place = 0; place < places;) {
    Bucket* bucket = buckets_[place];
    place += 1u << (depth_ - bucket->depth);
    FreeBucket(bucket);
  }
  pool_.Free(buckets_, places * sizeof(Bucket*));
}

FingerprintIndex::Bucket* FingerprintIndex::NewBucket(uint32_t slots, uint32_t depth) {
  auto* bucket = static_cast<Bucket*>(pool_.Allocate(BucketBytes(slots)));
  *bucket = {slots - 1, 0, depth, 0};
  std::memset(bucket->words(), 0, size_t{slots} * sizeof(uint64_t));
  return bucket;
}

void FingerprintIndex::Put(Bucket& bucket, uint64_t word) {
  uint32_t slot = static_cast<uint32_t>(word >> 32) & bucket.mask;
  while (bucket.words()[slot] != 0) slot = (slot + 1) & bucket.mask;
  bucket.words()[slot] = word;
  ++bucket.used;
}

void FingerprintIndex::Insert(uint32_t fingerprint, uint32_t position) {
  if (buckets_ == nullptr) {
    buckets_ = static_cast<Bucket**>(pool_.Allocate(sizeof(Bucket*)));
    buckets_[0] = NewBucket(kSmallestBucket, 0);
  }
  Grow(fingerprint);
  Put(*BucketOf(fingerprint), (uint64_t{fingerprint} << 32) | (position + 1));
}

void FingerprintIndex::Grow(uint32_t fingerprint) {
  while (true) {
    const Bucket& bucket = *BucketOf(fingerprint);
    if ((uint64_t{bucket.used} + 1) * 4 <= (uint64_t{bucket.mask} + 1) * 3) return;
    if (bucket.mask + 1 < kLargestBucket || bucket.depth == kLargestDepth) {
      Enlarge(fingerprint);
    } else {
      Split(fingerprint);
    }
  }
}

void FingerprintIndex::Enlarge(uint32_t fingerprint) {
  Bucket* old = BucketOf(fingerprint);
  Bucket* larger = NewBucket((old->mask + 1) * 2, old->depth);
  for (uint32_t slot = 0; slot <= old->mask; ++slot) {
    if (old->words()[slot] != 0) Put(*larger, old->words()[slot]);
  }
  uint32_t shared = 1u << (depth_ - old->depth);
  std::fill_n(buckets_ + PlaceOf(fingerprint) / shared * shared, shared, larger);
  FreeBucket(old);
}

void FingerprintIndex::Split(uint32_t fingerprint) {
  Bucket* old = BucketOf(fingerprint);
  if (old->depth == depth_) DoublePlaces();
  uint32_t depth = old->depth + 1;
  Bucket* halves[] = {NewBucket(old->mask + 1, depth), NewBucket(old->mask + 1, depth)};
  for (uint32_t slot = 0; slot <= old->mask; ++slot) {
    uint64_t word = old->words()[slot];
    if (word != 0) Put(*halves[(word >> (64 - depth)) & 1], word);
  }
  uint32_t shared = 1u << (depth_ - depth);  // of each half
  Bucket** first = buckets_ + PlaceOf(fingerprint) / (shared * 2) * (shared * 2);
  std::fill_n(first, shared, halves[0]);
  std::fill_n(first + shared, shared, halves[1]);
  FreeBucket(old);
}

void FingerprintIndex::DoublePlaces() {
  uint32_t places = 1u << depth_;
  auto** doubled = static_cast<Bucket**>(pool_.Allocate(size_t{places} * 2 * sizeof(Bucket*)));
  for (uint32_t place = 0; place < places; ++place) doubled[place * 2] = doubled[place * 2 + 1] = buckets_[place];
  pool_.Free(buckets_, places * sizeof(Bucket*));
  buckets_ = doubled;
  ++depth_;
}

// Moves the words behind a hole back as far as their homes allow, so that no word marks deletions.
void FingerprintIndex::Remove(uint32_t fingerprint, uint32_t position) {
  Bucket& bucket = *BucketOf(fingerprint);
  uint64_t* words = bucket.words();
  uint64_t word = (uint64_t{fingerprint} << 32) | (position + 1);
  uint32_t slot = fingerprint & bucket.mask;
  while (words[slot] != word) {
    CHECK(words[slot] != 0) << "a row is not in its index";
    slot = (slot + 1) & bucket.mask;
  }
  for (uint32_t next = (slot + 1) & bucket.mask; words[next] != 0; next = (next + 1) & bucket.mask) {
    uint32_t home = static_cast<uint32_t>(words[next] >> 32) & bucket.mask;
    if (((next - home) & bucket.mask) < ((next - slot) & bucket.mask)) continue;
    words[slot] = words[next];
    slot = next;
  }
  words[slot] = 0;
  --bucket.used;
}

}  // namespace freshet
