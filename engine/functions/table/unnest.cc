#include "engine/functions/table/unnest.h"

#include "engine/columnar/array.h"

namespace freshet {
namespace {

std::string_view CellAt(const Column& arrays, uint32_t row) { return arrays.values<StringCell>()[row].view(); }

void Unnest(std::span<const Column> arguments, uint32_t row, uint32_t limit, TableCursor& cursor, ColumnBuilder& out) {
  const DataType type = arguments[0].type();
  ArrayReader reader(CellAt(arguments[0], row), type);
  ArrayElement element;
  for (int64_t passed = 0; passed < cursor.position; ++passed) reader.Next(&element);
  for (; limit > 0; --limit, ++cursor.position) {
    if (!reader.Next(&element)) {
      cursor.done = true;
      return;
    }
    AppendDatum(DatumOf(element, type), out);
  }
}

void GenerateSubscripts(std::span<const Column> arguments, uint32_t row, uint32_t limit, TableCursor& cursor,
                        ColumnBuilder& out) {
  const bool has_dimension = arguments[1].values<int32_t>()[row] == 1;
  const int64_t count = has_dimension ? CountElements(CellAt(arguments[0], row), arguments[0].type()) : 0;
  for (; limit > 0 && cursor.position < count; --limit) out.Append(static_cast<int32_t>(++cursor.position));
  cursor.done = cursor.position == count;
}

}  // namespace

TableFunction UnnestFunction() {
  return {.name = "unnest",
          .arguments = {TypeKind::kArray},
          .result = std::nullopt,
          .column_name = "unnest",
          .kernel = Unnest,
          .doc = "The elements of an array, NULLs too, in order."};
}

TableFunction GenerateSubscriptsFunction() {
  return {.name = "generate_subscripts",
          .arguments = {TypeKind::kArray, TypeKind::kInteger},
          .result = TypeKind::kInteger,
          .column_name = "generate_subscripts",
          .kernel = GenerateSubscripts,
          .doc = "The indexes of an array in dimension 1."};
}

}  // namespace freshet
