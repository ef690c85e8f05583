#include "engine/functions/scalar/digest.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace freshet {
namespace {

// The message, a bit of 1, zeros, and the number of its bits in `length_bytes` at the end of the last block.
std::string Padded(std::string_view message, size_t block_bytes, size_t length_bytes, bool big_endian) {
  std::string padded(message);
  padded.push_back('\x80');
  while (padded.size() % block_bytes != block_bytes - length_bytes) padded.push_back('\0');
  const uint64_t bits = uint64_t{message.size()} * 8;
  for (size_t i = 0; i < length_bytes; ++i) {
    const size_t place = big_endian ? length_bytes - 1 - i : i;  // of the byte, from the lowest
    padded.push_back(place < 8 ? static_cast<char>(bits >> (8 * place)) : '\0');
  }
  return padded;
}

template <typename Word>
Word LoadBig(const char* bytes) {
  Word word = 0;
  for (size_t i = 0; i < sizeof(Word); ++i) word = word << 8 | static_cast<uint8_t>(bytes[i]);
  return word;
}

struct Sha256Words {
  using Word = uint32_t;
  static constexpr int kRounds = 64;
  static constexpr size_t kLengthBytes = 8;
  static constexpr std::array<int, 12> kTurns = {2, 13, 22, 6, 11, 25, 7, 18, 3, 17, 19, 10};
};
struct Sha512Words {
  using Word = uint64_t;
  static constexpr int kRounds = 80;
  static constexpr size_t kLengthBytes = 16;
  static constexpr std::array<int, 12> kTurns = {28, 34, 39, 14, 18, 41, 1, 8, 7, 19, 61, 6};
};

constexpr std::array<uint64_t, 80> kSha2Constants = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

// The constants of SHA-256 are the upper halves of those of SHA-512.
template <typename Word>
Word ConstantOf(int round) {
  return static_cast<Word>(kSha2Constants[static_cast<size_t>(round)] >> (64 - sizeof(Word) * 8));
}

template <typename Sha>
std::string Sha2(std::string_view message, std::array<typename Sha::Word, 8> state, size_t digest_bytes) {
  using Word = typename Sha::Word;
  constexpr size_t kBlock = 16 * sizeof(Word);
  const auto& turns = Sha::kTurns;
  const std::string padded = Padded(message, kBlock, Sha::kLengthBytes, true);
  for (size_t block = 0; block < padded.size(); block += kBlock) {
    std::array<Word, Sha::kRounds> words;
    for (size_t i = 0; i < 16; ++i) words[i] = LoadBig<Word>(padded.data() + block + i * sizeof(Word));
    for (size_t i = 16; i < Sha::kRounds; ++i) {
      const Word a = words[i - 15], b = words[i - 2];
      const Word s0 = std::rotr(a, turns[6]) ^ std::rotr(a, turns[7]) ^ (a >> turns[8]);
      const Word s1 = std::rotr(b, turns[9]) ^ std::rotr(b, turns[10]) ^ (b >> turns[11]);
      words[i] = words[i - 16] + s0 + words[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (int i = 0; i < Sha::kRounds; ++i) {
      const Word s1 = std::rotr(e, turns[3]) ^ std::rotr(e, turns[4]) ^ std::rotr(e, turns[5]);
      const Word t1 = h + s1 + ((e & f) ^ (~e & g)) + ConstantOf<Word>(i) + words[static_cast<size_t>(i)];
      const Word s0 = std::rotr(a, turns[0]) ^ std::rotr(a, turns[1]) ^ std::rotr(a, turns[2]);
      const Word t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const std::array<Word, 8> added = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; ++i) state[i] += added[i];
  }
  std::string digest;
  for (size_t i = 0; i < digest_bytes; ++i) {
    digest.push_back(static_cast<char>(state[i / sizeof(Word)] >> (8 * (sizeof(Word) - 1 - i % sizeof(Word)))));
  }
  return digest;
}

}  // namespace

std::string Md5(std::string_view message) {
  static constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  static const std::array<uint32_t, 64> kConstants = [] {
    std::array<uint32_t, 64> constants{};
    for (size_t i = 0; i < 64; ++i) {
      constants[i] = static_cast<uint32_t>(std::floor(std::abs(std::sin(static_cast<double>(i + 1))) * 0x1p32));
    }
    return constants;
  }();
  std::array<uint32_t, 4> state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const std::string padded = Padded(message, 64, 8, false);
  for (size_t block = 0; block < padded.size(); block += 64) {
    auto [a, b, c, d] = state;
    for (uint32_t i = 0; i < 64; ++i) {
      uint32_t mixed = 0, word = 0;
      switch (i / 16) {
        case 0:
          mixed = (b & c) | (~b & d), word = i;
          break;
        case 1:
          mixed = (d & b) | (~d & c), word = (5 * i + 1) % 16;
          break;
        case 2:
          mixed = b ^ c ^ d, word = (3 * i + 5) % 16;
          break;
        case 3:
          mixed = c ^ (b | ~d), word = 7 * i % 16;
          break;
      }
      const uint32_t read = __builtin_bswap32(LoadBig<uint32_t>(padded.data() + block + size_t{word} * 4));
      const uint32_t sum = a + mixed + kConstants[i] + read;
      a = d, d = c, c = b, b += std::rotl(sum, kTurns[i / 16][i % 4]);
    }
    const std::array<uint32_t, 4> added = {a, b, c, d};
    for (size_t i = 0; i < 4; ++i) state[i] += added[i];
  }
  std::string digest;
  for (uint32_t word : state) {
    for (int shift = 0; shift < 32; shift += 8) digest.push_back(static_cast<char>(word >> shift));
  }
  return digest;
}

std::string Sha224(std::string_view message) {
  return Sha2<Sha256Words>(
      message, {0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4}, 28);
}

std::string Sha256(std::string_view message) {
  return Sha2<Sha256Words>(
      message, {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, 32);
}

std::string Sha384(std::string_view message) {
  return Sha2<Sha512Words>(message,
                           {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
                            0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4},
                           48);
}

std::string Sha512(std::string_view message) {
  return Sha2<Sha512Words>(message,
                           {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                            0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179},
                           64);
}

}  // namespace freshet
