// Joins texts and numbers to strings, as absl::StrCat does. Debian's Abseil is built for C++14 and has a string_view
// type of its own that std::string_view does not convert to; these do.
#pragma once

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace freshet {

inline absl::string_view AbslView(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view StdView(absl::string_view text) { return {text.data(), text.size()}; }

namespace str_cat_internal {

template <typename Part>
const Part& AbslPart(const Part& part) {
  return part;
}
inline absl::string_view AbslPart(const std::string_view& part) { return AbslView(part); }

}  // namespace str_cat_internal

template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  return absl::StrCat(str_cat_internal::AbslPart(parts)...);
}

template <typename... Parts>
void StrAppend(std::string* out, const Parts&... parts) {
  absl::StrAppend(out, str_cat_internal::AbslPart(parts)...);
}

}  // namespace freshet
