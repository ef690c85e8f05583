// Walks over the characters of UTF-8 text. A byte that is no character's first byte belongs to the one before it, so
// that any bytes are walked over safely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace freshet {

inline bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Bytes of the first character; the text is not empty.
inline size_t FirstCharacterBytes(std::string_view text) {
  size_t bytes = 1;
  while (bytes < text.size() && IsContinuation(text[bytes])) ++bytes;
  return bytes;
}

inline int64_t CountCharacters(std::string_view text) {
  int64_t count = 0;
  for (char byte : text) count += !IsContinuation(byte);
  // A continuation byte at the very front begins a character too.
  return count + (!text.empty() && IsContinuation(text[0]) ? 1 : 0);
}

// Bytes of the first `characters` characters, or of all.
inline size_t BytesOfCharacters(std::string_view text, int64_t characters) {
  size_t bytes = 0;
  for (; characters > 0 && bytes < text.size(); --characters) bytes += FirstCharacterBytes(text.substr(bytes));
  return bytes;
}

// The code point of the first character, 0xFFFD if it is malformed; the text is not empty.
char32_t DecodeCharacter(std::string_view text, size_t* bytes);
void AppendCharacter(char32_t character, std::string* out);

}  // namespace freshet
