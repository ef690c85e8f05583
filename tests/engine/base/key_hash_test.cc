#include "engine/base/key_hash.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace freshet {
namespace {

// The hash is part of the storage format: a change here loses every data directory.
TEST(KeyHashTest, IsStable) {
  EXPECT_EQ(HashInteger(0, 0), 0xC9D874CA57D9E055ull);
  EXPECT_EQ(HashInteger(42, 7), 0xD13FF86D487996B8ull);
  EXPECT_EQ(HashPair(1, 2, 7), 0xAA36136185A0B8DFull);
  EXPECT_EQ(CombineHash(1, 2), 0xA0FD94983A935687ull);
  EXPECT_EQ(HashBytes("", 0, 7), 0x30A61C64B5A3E623ull);
  EXPECT_EQ(HashBytes("thirteen byte", 13, 7), 0x9A4C6F3249D7D6B5ull);
  EXPECT_EQ(HashBytes("a text of more than two times sixteen bytes", 43, 7), 0x06488A118D1BD574ull);
}

// The bytes behind the last 16 go in as two little-endian numbers, whatever their number.
TEST(KeyHashTest, AnyNumberOfBytesAtTheEndCounts) {
  const std::string text = "a text of more than two times sixteen bytes";
  constexpr uint64_t kSeed = 7;
  for (size_t size = 0; size <= 16; ++size) {
    uint64_t halves[2] = {0, 0};
    std::memcpy(halves, text.data(), size);
    const uint64_t state = kSeed ^ MixHash(size + 0x589965CC75374CC3ull, 0x1D8E4E27C47D124Full);
    EXPECT_EQ(HashBytes(text.data(), size, kSeed), HashPair(halves[0], halves[1] ^ state, kSeed)) << size;
  }
}

TEST(KeyHashTest, BytesOfAllLengthsDiffer) {
  std::set<uint64_t> seen;
  std::string zeros(100, '\0');
  for (size_t size = 0; size <= zeros.size(); ++size) seen.insert(HashBytes(zeros.data(), size, 1));
  EXPECT_EQ(seen.size(), zeros.size() + 1);
}

TEST(KeyHashTest, EveryByteCounts) {
  std::string text(50, 'x');
  uint64_t hash = HashBytes(text.data(), text.size(), 1);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = 'y';
    EXPECT_NE(HashBytes(other.data(), other.size(), 1), hash) << i;
  }
}

TEST(KeyHashTest, CombineIsNotSymmetric) { EXPECT_NE(CombineHash(1, 2), CombineHash(2, 1)); }

TEST(KeyHashTest, SeedMatters) {
  EXPECT_NE(HashInteger(1, 1), HashInteger(1, 2));
  EXPECT_NE(HashBytes("abc", 3, 1), HashBytes("abc", 3, 2));
}

// Chi-square of the vnodes of `hashes` in standard deviations from its mean.
double Unevenness(const std::vector<uint64_t>& hashes) {
  std::vector<double> counts(kVnodeCount, 0);
  for (uint64_t hash : hashes) counts[VnodeOf(hash).value()] += 1;
  double expected = static_cast<double>(hashes.size()) / kVnodeCount;
  double chi = 0;
  for (double count : counts) chi += (count - expected) * (count - expected) / expected;
  return (chi - kVnodeCount) / std::sqrt(2.0 * kVnodeCount);
}

TEST(KeyHashTest, VnodesAreEven) {
  std::vector<uint64_t> sequence;
  std::vector<uint64_t> strides;
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < 200'000; ++i) {
    sequence.push_back(HashInteger(i, 12345));
    strides.push_back(HashInteger(i << 20, 12345));
    std::string word = "user-" + std::to_string(i);
    words.push_back(HashBytes(word.data(), word.size(), 12345));
  }
  EXPECT_LT(Unevenness(sequence), 6);
  EXPECT_LT(Unevenness(strides), 6);
  EXPECT_LT(Unevenness(words), 6);
}

TEST(KeyHashTest, TagBitsAreEvenInsideAVnode) {
  std::set<uint16_t> tags;
  size_t count = 0;
  for (uint64_t i = 0; i < 1'000'000; ++i) {
    uint64_t hash = HashInteger(i, 99);
    if (VnodeOf(hash).value() != 5) continue;
    ++count;
    tags.insert(static_cast<uint16_t>(hash));
  }
  EXPECT_GT(count, 800u);
  EXPECT_GT(tags.size(), count * 97 / 100);
}

}  // namespace
}  // namespace freshet
