#include "engine/functions/table/words.h"

#include <array>

namespace freshet {
namespace {

// ASCII is exact. Every byte of a longer UTF-8 sequence counts as part of a word, so that letters of all scripts stay
// together without tables of Unicode classes; the price is that non-ASCII punctuation joins the words around it.
constexpr std::array<bool, 256> kIsWordByte = [] {
  std::array<bool, 256> table{};
  for (int byte = 0; byte < 256; ++byte) {
    table[byte] =
        (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
  }
  return table;
}();

void Words(std::span<const Column> arguments, uint32_t row, uint32_t limit, TableCursor& cursor, ColumnBuilder& out) {
  const StringCell& text = arguments[0].values<StringCell>()[row];
  const char* data = text.data();
  const uint32_t size = text.size();
  auto is_word_byte = [&](uint32_t at) { return kIsWordByte[static_cast<uint8_t>(data[at])]; };
  uint32_t at = static_cast<uint32_t>(cursor.position);
  while (limit > 0) {
    while (at < size && !is_word_byte(at)) ++at;
    if (at == size) break;
    const uint32_t begin = at;
    while (at < size && is_word_byte(at)) ++at;
    out.Append(StringCell(data + begin, at - begin));
    --limit;
  }
  cursor.position = at;
  cursor.done = at == size;
}

}  // namespace

TableFunction WordsFunction() {
  return {.name = "words",
          .arguments = {TypeKind::kText},
          .result = TypeKind::kText,
          .column_name = "word",
          .kernel = Words,
          .doc =
              "The longest runs of letters and digits in a text, in order; case is kept. Every character outside of "
              "ASCII counts as a letter."};
}

}  // namespace freshet
