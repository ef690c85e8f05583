#include "engine/operators/old_new_rows.h"

#include <algorithm>

#include "engine/state/gather_cells.h"

namespace freshet {
namespace {

struct Place {
  const Column* column;
  uint32_t row;
};

// Cell i of the result is the one at place_of(i).
template <typename PlaceOf>
Column GatherPlaces(DataType type, size_t count, PlaceOf place_of) {
  const size_t width = WidthOf(PhysicalOf(type.kind));
  return GatherCells(
      type, static_cast<uint32_t>(count),
      [&](uint32_t i) -> const void* {
        const Place place = place_of(i);
        return place.column->IsValue(place.row) ? place.column->raw_values() + place.row * width : nullptr;
      },
      [&](uint32_t i) {
        const Place place = place_of(i);
        return place.column->ErrorAt(place.row);
      });
}

}  // namespace

Column PairColumns(const Column& old_cells, std::span<const uint32_t> old_rows, const Column& new_cells,
                   std::span<const uint32_t> new_rows) {
  return GatherPlaces(old_cells.type(), old_rows.size() * 2, [&](uint32_t i) {
    return i % 2 == 0 ? Place{&old_cells, old_rows[i / 2]} : Place{&new_cells, new_rows[i / 2]};
  });
}

DeltaBatch GatherChanges(const OldNewChanges& changes, std::span<const Column> old_columns,
                         std::span<const Column> new_columns) {
  std::vector<Column> columns;
  for (size_t i = 0; i < std::max(old_columns.size(), new_columns.size()); ++i) {
    if (old_columns.empty() || new_columns.empty()) {
      columns.push_back(GatherColumn((old_columns.empty() ? new_columns : old_columns)[i], changes.rows));
      continue;
    }
    const uint32_t old_size = old_columns[i].size();
    columns.push_back(GatherPlaces(old_columns[i].type(), changes.rows.size(), [&](uint32_t at) {
      const uint32_t row = changes.rows[at];
      return row < old_size ? Place{&old_columns[i], row} : Place{&new_columns[i], row - old_size};
    }));
  }
  BufferRef weights;
  if (std::ranges::any_of(changes.weights, [](int64_t weight) { return weight != 1; })) {
    weights = BufferRef::Of<int64_t>(changes.weights.size());
    std::ranges::copy(changes.weights, weights.mutable_as<int64_t>());
  }
  return DeltaBatch(static_cast<uint32_t>(changes.rows.size()), std::move(columns), std::move(weights));
}

}  // namespace freshet
