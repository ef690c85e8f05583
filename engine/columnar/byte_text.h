// The text forms of bytes: bytea and uuid.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace freshet {

inline constexpr size_t kUuidBytes = 16;

// Two digits a byte, in lower case.
void AppendHex(std::string_view bytes, std::string* out);
// Digits of any case, two a byte; blanks between bytes. No value: something else.
std::optional<std::string> ParseHex(std::string_view text);

// Standard base64 with padding.
void AppendBase64(std::string_view bytes, std::string* out);
// Blanks are passed over. No value: not base64.
std::optional<std::string> ParseBase64(std::string_view text);

// Reads PostgreSQL's input of bytea: `\x` and hexadecimal digits, or text with `\\` and `\ooo`.
std::optional<std::string> ParseBytea(std::string_view text);
// Appends `\x` and hexadecimal digits.
void AppendBytea(std::string_view bytes, std::string* out);

// Reads 32 hexadecimal digits, in braces or not, with hyphens behind any group of four.
std::optional<std::string> ParseUuid(std::string_view text);
// Appends `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11`.
void AppendUuid(std::string_view bytes, std::string* out);

}  // namespace freshet
