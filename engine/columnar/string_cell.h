// A text value of 16 bytes: up to 12 bytes inline, longer ones as a 4-byte prefix and a pointer (the layout of Umbra,
// DuckDB and Velox). A pointer leads into a heap of the column or state that holds the cell; the cell owns nothing.
// Unused inline bytes are zero, so that inline cells compare and hash as two 64-bit words.
#pragma once

#include <algorithm>
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
    if (size <= kInlineBytes) {
      std::memcpy(prefix_, data, std::min(size, 4u));
      if (size > 4) std::memcpy(rest_.bytes, data + 4, size - 4);
    } else {
      std::memcpy(prefix_, data, 4);
      rest_.pointer = data;
    }
  }
  explicit StringCell(std::string_view text) : StringCell(text.data(), static_cast<uint32_t>(text.size())) {}

  uint32_t size() const { return size_; }
  bool is_inline() const { return size_ <= kInlineBytes; }
  // Valid as long as this cell (inline) or the heap behind it lives.
  const char* data() const { return is_inline() ? prefix_ : rest_.pointer; }
  std::string_view view() const { return {data(), size_}; }

  bool operator==(const StringCell& other) const {
    if (FirstWord() != other.FirstWord()) return false;
    if (is_inline()) return SecondWord() == other.SecondWord();
    return std::memcmp(rest_.pointer, other.rest_.pointer, size_) == 0;
  }
  // By bytes.
  std::strong_ordering operator<=>(const StringCell& other) const { return view() <=> other.view(); }

  uint64_t Hash(uint64_t seed) const {
    if (is_inline()) return HashPair(FirstWord(), SecondWord(), seed);
    return HashBytes(rest_.pointer, size_, seed);
  }

 private:
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
