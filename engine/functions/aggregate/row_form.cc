#include "engine/functions/aggregate/row_form.h"

#include <string>

#include "engine/columnar/column_builder.h"

namespace freshet {

Column EncodeRows(const RowForm& form, const DeltaBatch& batch, std::span<const uint32_t> rows) {
  ColumnBuilder builder({TypeKind::kText});
  std::string encoded;
  for (uint32_t row : rows) {
    encoded.clear();
    for (const RowPart& part : form) AppendSortKey(batch.column(part.column), row, part.order, &encoded);
    builder.AppendString(encoded);
  }
  return builder.Finish();
}

Datum PartOf(const RowForm& form, std::string_view encoded, uint32_t part) {
  for (uint32_t before = 0; before < part; ++before) TakeSortKey(&encoded, form[before].type, form[before].order);
  return TakeSortKey(&encoded, form[part].type, form[part].order);
}

}  // namespace freshet
