#include "engine/columnar/text_length.h"

#include "engine/columnar/characters.h"

namespace freshet {

std::string_view CutText(std::string_view text, DataType type) {
  // No character is shorter than a byte.
  if (type.length > 0 && text.size() > type.length) text = text.substr(0, BytesOfCharacters(text, type.length));
  while (type.padded && text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> FitText(std::string_view text, DataType type) {
  const std::string_view cut = CutText(text, type);
  if (text.find_first_not_of(' ', cut.size()) != std::string_view::npos) return std::nullopt;
  return cut;
}

void PadText(DataType type, std::string* text) {
  if (!type.padded) return;
  const int64_t missing = static_cast<int64_t>(type.length) - CountCharacters(*text);
  if (missing > 0) text->append(static_cast<size_t>(missing), ' ');
}

}  // namespace freshet
