#include "engine/functions/table/generate_series.h"

namespace freshet {
namespace {

void GenerateSeries(std::span<const Column> arguments, uint32_t row, uint32_t limit, TableCursor& cursor,
                    ColumnBuilder& out) {
  if (!cursor.started) {
    cursor.started = true;
    cursor.position = arguments[0].values<int64_t>()[row];
  }
  const int64_t last = arguments[1].values<int64_t>()[row];
  if (cursor.position > last) {
    cursor.done = true;
    return;
  }
  for (; limit > 0; --limit) {
    out.Append(cursor.position);
    if (cursor.position == last) {  // before the step: the last number may be the largest there is
      cursor.done = true;
      return;
    }
    ++cursor.position;
  }
}

}  // namespace

TableFunction GenerateSeriesFunction() {
  return {
      .name = "generate_series",
      .arguments = {TypeKind::kBigint, TypeKind::kBigint},
      .result = TypeKind::kBigint,
      .column_name = "generate_series",
      .kernel = GenerateSeries,
      .doc = "The whole numbers from the first argument to the second, both included; none if the first is larger."};
}

}  // namespace freshet
