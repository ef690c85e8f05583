#include "engine/functions/scalar/letter_case.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "engine/columnar/characters.h"

namespace freshet {
namespace {

// Upper-case letters first .. last have their lower-case ones `distance` further on; distance 1 = they alternate, each
// upper-case letter followed by its lower-case one.
struct CaseRange {
  char32_t first;
  char32_t last;
  int32_t distance;
};

constexpr CaseRange kRanges[] = {
    {0x41, 0x5A, 32},   {0xC0, 0xD6, 32},    {0xD8, 0xDE, 32},     {0x100, 0x12E, 1},  {0x132, 0x136, 1},
    {0x139, 0x147, 1},  {0x14A, 0x176, 1},   {0x178, 0x178, -121}, {0x179, 0x17D, 1},  {0x1CD, 0x1DB, 1},
    {0x1DE, 0x1EE, 1},  {0x1F8, 0x21E, 1},   {0x222, 0x232, 1},    {0x386, 0x386, 38}, {0x388, 0x38A, 37},
    {0x38C, 0x38C, 64}, {0x38E, 0x38F, 63},  {0x391, 0x3A1, 32},   {0x3A3, 0x3AB, 32}, {0x400, 0x40F, 80},
    {0x410, 0x42F, 32}, {0x460, 0x480, 1},   {0x48A, 0x4BE, 1},    {0x4C1, 0x4CD, 1},  {0x4D0, 0x52E, 1},
    {0x531, 0x556, 48}, {0x1E00, 0x1E94, 1}, {0x1EA0, 0x1EFE, 1},
};

char LowerAscii(char c) { return static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 32 : 0)); }
char UpperAscii(char c) { return static_cast<char>(c - (c >= 'a' && c <= 'z' ? 32 : 0)); }

// Bytes of ASCII at the front, where most text is to its end.
size_t AsciiBytes(std::string_view text) {
  size_t bytes = 0;
  while (bytes < text.size() && static_cast<unsigned char>(text[bytes]) < 0x80) ++bytes;
  return bytes;
}

template <char32_t (*kMap)(char32_t), char (*kMapAscii)(char)>
void AppendMapped(std::string_view text, std::string* out) {
  while (!text.empty()) {
    size_t ascii = AsciiBytes(text);
    size_t begin = out->size();
    out->resize(begin + ascii);
    for (size_t i = 0; i < ascii; ++i) (*out)[begin + i] = kMapAscii(text[i]);
    text.remove_prefix(ascii);
    if (text.empty()) return;
    size_t bytes;
    char32_t character = DecodeCharacter(text, &bytes);
    char32_t mapped = kMap(character);
    if (mapped == character) {
      out->append(text.substr(0, bytes));
    } else {
      AppendCharacter(mapped, out);
    }
    text.remove_prefix(bytes);
  }
}

}  // namespace

char32_t LowerCharacter(char32_t character) {
  if (character < 0x80) return static_cast<unsigned char>(absl::ascii_tolower(static_cast<unsigned char>(character)));
  for (const CaseRange& range : kRanges) {
    if (character < range.first || character > range.last) continue;
    if (range.distance != 1) return static_cast<char32_t>(static_cast<int32_t>(character) + range.distance);
    return (character - range.first) % 2 == 0 ? character + 1 : character;
  }
  return character;
}

char32_t UpperCharacter(char32_t character) {
  if (character < 0x80) return static_cast<unsigned char>(absl::ascii_toupper(static_cast<unsigned char>(character)));
  for (const CaseRange& range : kRanges) {
    if (range.distance != 1) {
      char32_t upper = static_cast<char32_t>(static_cast<int32_t>(character) - range.distance);
      if (upper >= range.first && upper <= range.last) return upper;
    } else if (character > range.first && character <= range.last + 1 && (character - range.first) % 2 == 1) {
      return character - 1;
    }
  }
  return character == 0x3C2 ? 0x3A3 : character;  // the sigma at a word's end
}

bool IsWordCharacter(char32_t character) {
  if (character < 0x80) return absl::ascii_isalnum(static_cast<unsigned char>(character));
  // Beyond ASCII nearly everything in text is a letter; spaces, punctuation and symbols of the common blocks are not.
  if (character < 0xC0) return character == 0xAA || character == 0xB5 || character == 0xBA;
  return character != 0xD7 && character != 0xF7 && !(character >= 0x2000 && character <= 0x2BFF) &&
         !(character >= 0x3000 && character <= 0x303F);
}

void AppendLower(std::string_view text, std::string* out) { AppendMapped<LowerCharacter, LowerAscii>(text, out); }
void AppendUpper(std::string_view text, std::string* out) { AppendMapped<UpperCharacter, UpperAscii>(text, out); }

}  // namespace freshet
