#include "engine/operators/old_new_rows.h"

#include <algorithm>

namespace freshet {

DeltaBatch GatherChanges(const OldNewChanges& changes, std::span<const Column> old_columns,
                         std::span<const Column> new_columns) {
  std::vector<Column> columns;
  for (size_t i = 0; i < std::max(old_columns.size(), new_columns.size()); ++i) {
    if (old_columns.empty() || new_columns.empty()) {
      columns.push_back(GatherColumn((old_columns.empty() ? new_columns : old_columns)[i], changes.rows));
    } else {
      const Column parts[] = {old_columns[i], new_columns[i]};
      columns.push_back(GatherColumn(ConcatColumns(parts), changes.rows));
    }
  }
  BufferRef weights;
  if (std::ranges::any_of(changes.weights, [](int64_t weight) { return weight != 1; })) {
    weights = BufferRef::Of<int64_t>(changes.weights.size());
    std::ranges::copy(changes.weights, weights.mutable_as<int64_t>());
  }
  return DeltaBatch(static_cast<uint32_t>(changes.rows.size()), std::move(columns), std::move(weights));
}

}  // namespace freshet
