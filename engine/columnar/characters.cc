#include "engine/columnar/characters.h"

namespace freshet {

char32_t DecodeCharacter(std::string_view text, size_t* bytes) {
  constexpr char32_t kMalformed = 0xFFFD;
  *bytes = FirstCharacterBytes(text);
  auto byte = [&](size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  char32_t first = byte(0);
  if (first < 0x80) return *bytes == 1 ? first : kMalformed;
  size_t expected = first >= 0xF0 && first < 0xF8 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
  if (expected != *bytes || first >= 0xF8) return kMalformed;
  char32_t character = first & (0xFF >> (expected + 1));
  for (size_t i = 1; i < expected; ++i) character = (character << 6) | (byte(i) & 0x3F);
  return character;
}

void AppendCharacter(char32_t character, std::string* out) {
  if (character < 0x80) {
    out->push_back(static_cast<char>(character));
    return;
  }
  int continuations = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  unsigned lead = continuations == 1 ? 0xC0 : continuations == 2 ? 0xE0 : 0xF0;
  out->push_back(static_cast<char>(lead | (character >> (6 * continuations))));
  while (continuations-- > 0) out->push_back(static_cast<char>(0x80 | ((character >> (6 * continuations)) & 0x3F)));
}

}  // namespace freshet
