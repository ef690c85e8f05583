// Where a text stops being UTF-8, for messages that tell the place; formats check whole columns faster.
#pragma once

#include <cstddef>
#include <string_view>

namespace freshet {

// Counts the bytes in front of the first one that is not part of a well-formed character (Unicode, table 3-7: no
// overlong forms, no surrogates); the whole size if there is none.
size_t ValidUtf8Prefix(std::string_view text);

}  // namespace freshet
