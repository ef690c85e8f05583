#include "engine/functions/table/split.h"

namespace freshet {
namespace {

// As PostgreSQL's string_to_table: n delimiters give n + 1 fields, an empty text none, and an empty delimiter the whole
// text as one field.
void Split(std::span<const Column> arguments, uint32_t row, uint32_t limit, TableCursor& cursor, ColumnBuilder& out) {
  const std::string_view text = arguments[0].values<StringCell>()[row].view();
  const std::string_view delimiter = arguments[1].values<StringCell>()[row].view();
  if (text.empty()) {
    cursor.done = true;
    return;
  }
  size_t begin = static_cast<size_t>(cursor.position);
  for (; limit > 0; --limit) {
    const size_t end = delimiter.empty() ? std::string_view::npos : text.find(delimiter, begin);
    out.Append(StringCell(text.substr(begin, end == std::string_view::npos ? end : end - begin)));
    if (end == std::string_view::npos) {
      cursor.done = true;
      return;
    }
    begin = end + delimiter.size();
  }
  cursor.position = static_cast<int64_t>(begin);
}

}  // namespace

TableFunction SplitFunction() {
  return {.name = "split",
          .arguments = {TypeKind::kText, TypeKind::kText},
          .result = TypeKind::kText,
          .column_name = "field",
          .kernel = Split,
          .doc = "The fields of a text between the occurrences of a delimiter, in order; none for an empty text."};
}

}  // namespace freshet
