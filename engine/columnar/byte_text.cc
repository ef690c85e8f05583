#include "engine/columnar/byte_text.h"

#include <cstdint>

#include "absl/strings/ascii.h"

namespace freshet {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// -1: no digit.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = absl::ascii_tolower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool IsOctal(char c, char last = '7') { return c >= '0' && c <= last; }

}  // namespace

void AppendHex(std::string_view bytes, std::string* out) {
  for (char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out->push_back(kHexDigits[byte >> 4]);
    out->push_back(kHexDigits[byte & 15]);
  }
}

std::optional<std::string> ParseHex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size();) {
    if (absl::ascii_isspace(text[i])) {
      ++i;
      continue;
    }
    if (i + 1 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i]), low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return bytes;
}

void AppendBase64(std::string_view bytes, std::string* out) {
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) {
      out->push_back(i + k <= bytes.size() ? kBase64Digits[group >> (18 - 6 * k) & 63] : '=');
    }
  }
}

std::optional<std::string> ParseBase64(std::string_view text) {
  std::string bytes;
  uint32_t group = 0;
  int digits = 0, padding = 0;
  for (char c : text) {
    if (absl::ascii_isspace(c)) continue;
    const int value = c == '=' ? 0 : Base64Value(c);
    if (value < 0 || (padding > 0 && c != '=')) return std::nullopt;
    padding += c == '=' ? 1 : 0;
    group = group << 6 | static_cast<uint32_t>(value);
    if (++digits < 4) continue;
    if (padding > 2) return std::nullopt;
    for (int k = 0; k < 3 - padding; ++k) bytes.push_back(static_cast<char>(group >> (16 - 8 * k)));
    group = 0;
    digits = 0;
  }
  if (digits != 0) return std::nullopt;
  return bytes;
}

std::optional<std::string> ParseBytea(std::string_view text) {
  if (text.starts_with("\\x")) return ParseHex(text.substr(2));
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes.push_back(text[i]);
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      bytes.push_back('\\');
      ++i;
    } else if (i + 3 < text.size() && IsOctal(text[i + 1], '3') && IsOctal(text[i + 2]) && IsOctal(text[i + 3])) {
      bytes.push_back(static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0')));
      i += 3;
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

void AppendBytea(std::string_view bytes, std::string* out) {
  out->append("\\x");
  AppendHex(bytes, out);
}

std::optional<std::string> ParseUuid(std::string_view text) {
  if (text.starts_with('{')) {
    if (!text.ends_with('}')) return std::nullopt;
    text = text.substr(1, text.size() - 2);
  }
  std::string bytes;
  while (bytes.size() < kUuidBytes) {
    if (text.size() < 2) return std::nullopt;
    const int high = HexValue(text[0]), low = HexValue(text[1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
    text.remove_prefix(2);
    if (bytes.size() % 2 == 0 && bytes.size() < kUuidBytes && text.starts_with('-')) text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  return bytes;
}

void AppendUuid(std::string_view bytes, std::string* out) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out->push_back('-');
    AppendHex(bytes.substr(i, 1), out);
  }
}

}  // namespace freshet
