// Bytes of unknown origin as text that JSON can hold.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

// Puts U+FFFD for each byte that is not part of valid UTF-8: a JSON text has no other way to show it.
std::string ShownText(std::string_view bytes);

}  // namespace freshet
