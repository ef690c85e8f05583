// The lengths of varchar(n) and char(n), in characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/columnar/types.h"

namespace freshet {

// The part of a text that a value of the type keeps: blanks past its length do not count, and char(n) keeps none at its
// end. No value: it is too long.
std::optional<std::string_view> FitText(std::string_view text, DataType type);
// The same, and cuts what is too long, as a cast does.
std::string_view CutText(std::string_view text, DataType type);
// Fills a value of char(n) with blanks, as its text form has them; other texts stay as they are.
void PadText(DataType type, std::string* text);

}  // namespace freshet
