// JSON values as texts in one form, as PostgreSQL's jsonb shows them: members ordered by the length of their names,
// then by bytes, the last of equal names; a blank behind commas and colons; numbers without exponents, with the digits
// that were written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace freshet {

inline constexpr int kMaxJsonDepth = 500;

// The one form of a JSON text. No value: it is no JSON, nested deeper than kMaxJsonDepth, or has \u0000 in it.
std::optional<std::string> CanonicalJson(std::string_view text);

// What follows reads texts in that form.
enum class JsonKind : uint8_t { kObject, kArray, kString, kNumber, kBoolean, kNull };
JsonKind JsonKindOf(std::string_view json);

// Calls visit(name as it is written between its quotes, value), or visit(value), in order until it answers false.
void ForEachJsonMember(std::string_view object, absl::FunctionRef<bool(std::string_view, std::string_view)> visit);
void ForEachJsonElement(std::string_view array, absl::FunctionRef<bool(std::string_view)> visit);

// The member of a name; no value: none, or `json` is no object.
std::optional<std::string_view> JsonMember(std::string_view json, std::string_view name);
// The element at a place, from 0, or from the end, from -1 on; no value: none, or `json` is no array.
std::optional<std::string_view> JsonElement(std::string_view json, int64_t place);
int64_t CountJsonElements(std::string_view array);

// The characters of a string.
std::string JsonStringValue(std::string_view json);
// Appends a string of these characters, with its quotes.
void AppendJsonText(std::string_view characters, std::string* out);

}  // namespace freshet
