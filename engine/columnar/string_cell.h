// A text value of 16 bytes: up to 12 bytes inline, longer ones as a 4-byte prefix and a pointer (the layout of Umbra,
// DuckDB and Velox). A pointer leads into a heap of the column or state that holds the cell; the cell owns nothing.
// Unused inline bytes are zero, so that inline cells compare and hash as two 64-bit words.
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/base/key_hash.h"

namespace freshet {

class StringCell {
 public:
  static constexpr uint32_t kInlineBytes = 12;

  StringCell() : size_(0), prefix_{}, rest_{} {}
  // Refers to `data` when longer than kInlineBytes; `data` must outlive the cell then.
  StringCell(const char* data, uint32_t size) : size_(size), prefix_{}, rest_{} {
    if (size > kInlineBytes) {
      std::memcpy(prefix_, data, 4);
      rest_.pointer = data;
      return;
    }
    // In registers, with loads of fixed width that overlap, in the place of copies of a size that is not known.
    uint32_t prefix = 0;
    uint64_t rest = 0;
    if (size >= 4) {
      prefix = Load4(data);
      uint64_t last = Load4(data + size - 4);
      rest = size >= 8 ? Load4(data + 4) | last << ((size - 8) * 8) : last >> ((8 - size) * 8);
    } else if (size > 0) {
      prefix = Byte(data[0]) | Byte(data[size / 2]) << (size / 2 * 8) | Byte(data[size - 1]) << ((size - 1) * 8);
    }
    std::memcpy(prefix_, &prefix, 4);
    std::memcpy(rest_.bytes, &rest, 8);
  }
  // At most kInlineBytes bytes, where so many can be read: without a branch, as sizes of texts differ.
  static StringCell FromPadded(const char* data, uint32_t size) {
    StringCell cell;
    cell.size_ = size;
    uint64_t first;
    std::memcpy(&first, data, 8);
    const uint64_t last = Load4(data + 8);
    const uint64_t head = size < 8 ? (uint64_t{1} << (8 * size)) - 1 : ~uint64_t{0};
    const uint64_t tail = size > 8 ? (uint64_t{1} << (8 * (size - 8))) - 1 : 0;
    first &= head;
    std::memcpy(cell.prefix_, &first, 4);
    const uint64_t rest = first >> 32 | (last & tail) << 32;
    std::memcpy(cell.rest_.bytes, &rest, 8);
    return cell;
  }
  explicit StringCell(std::string_view text) : StringCell(text.data(), static_cast<uint32_t>(text.size())) {}

  uint32_t size() const { return size_; }
  bool is_inline() const { return size_ <= kInlineBytes; }
  // Of an inline cell.
  bool is_inline_ascii() const { return (((FirstWord() >> 32) | SecondWord()) & 0x8080808080808080ull) == 0; }
  // Valid as long as this cell (inline) or the heap behind it lives.
  const char* data() const { return is_inline() ? prefix_ : rest_.pointer; }
  std::string_view view() const { return {data(), size_}; }

  bool operator==(const StringCell& other) const {
    if (FirstWord() != other.FirstWord()) return false;
    if (is_inline()) return SecondWord() == other.SecondWord();
    return std::memcmp(rest_.pointer, other.rest_.pointer, size_) == 0;
  }
  // By bytes.
  std::strong_ordering operator<=>(const StringCell& other) const {
    // Zeros behind a short text are no greater than what another has there, so prefixes decide when they differ.
    uint32_t prefix = __builtin_bswap32(Load4(prefix_));
    uint32_t other_prefix = __builtin_bswap32(Load4(other.prefix_));
    if (prefix != other_prefix) return prefix <=> other_prefix;
    return view() <=> other.view();
  }

  uint64_t Hash(uint64_t seed) const {
    if (is_inline()) return HashPair(FirstWord(), SecondWord(), seed);
    return HashBytes(rest_.pointer, size_, seed);
  }

 private:
  static uint32_t Byte(char c) { return static_cast<unsigned char>(c); }
  static uint32_t Load4(const char* data) {
    uint32_t word;
    std::memcpy(&word, data, 4);
    return word;
  }

  uint64_t FirstWord() const {
    uint64_t word;
    std::memcpy(&word, this, 8);
    return word;
  }
  uint64_t SecondWord() const {
    uint64_t word;
    std::memcpy(&word, &rest_, 8);
    return word;
  }

  uint32_t size_;
  char prefix_[4];
  union {
    char bytes[8];
    const char* pointer;
  } rest_;
};
static_assert(sizeof(StringCell) == 16);

}  // namespace freshet
