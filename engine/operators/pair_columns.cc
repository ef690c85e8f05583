#include "engine/operators/pair_columns.h"

#include "engine/state/gather_cells.h"

namespace freshet {

Column PairColumns(const Column& old_cells, std::span<const uint32_t> old_rows, const Column& new_cells,
                   std::span<const uint32_t> new_rows) {
  size_t width = WidthOf(old_cells.physical());
  auto side = [&](uint32_t i) -> const Column& { return i % 2 == 0 ? old_cells : new_cells; };
  auto row = [&](uint32_t i) { return i % 2 == 0 ? old_rows[i / 2] : new_rows[i / 2]; };
  return GatherCells(
      old_cells.type(), static_cast<uint32_t>(old_rows.size() * 2),
      [&](uint32_t i) -> const void* {
        return side(i).IsValue(row(i)) ? side(i).raw_values() + row(i) * width : nullptr;
      },
      [&](uint32_t i) { return side(i).ErrorAt(row(i)); });
}

}  // namespace freshet
