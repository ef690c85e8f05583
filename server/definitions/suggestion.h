// Suggests the name that was probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace freshet {

// "did you mean carrier?", else "there is: a, b, c" while the list is short, else empty.
std::string SuggestName(std::string_view name, std::span<const std::string> candidates);

}  // namespace freshet
