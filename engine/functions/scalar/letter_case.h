// Lower and upper case of text: one character to one character, of the Latin, Greek, Cyrillic and Armenian scripts.
// Others stay as they are. A table of our own, since the C library's depends on the machine's locale.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

char32_t LowerCharacter(char32_t character);
char32_t UpperCharacter(char32_t character);
// Whether letters and digits belong to one word, for initcap.
bool IsWordCharacter(char32_t character);

void AppendLower(std::string_view text, std::string* out);
void AppendUpper(std::string_view text, std::string* out);

}  // namespace freshet
