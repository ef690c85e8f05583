// Cells as bytes that compare as the cells do: rows in an order become texts in the order of bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/columnar/column.h"
#include "engine/columnar/datum.h"

namespace freshet {

struct SortOrder {
  bool descending = false;
  bool nulls_first = false;
  // Only what is compared, so that 1.0 and 1.00, or equal intervals, have one key; it does not give them back.
  bool value_only = false;

  bool operator==(const SortOrder&) const = default;
};

// Appends the key of a cell that is a value or NULL. No key begins another one, so that keys of several columns can
// stand one after another. Numerics are ordered by value, then by scale; -0.0 becomes 0.0.
void AppendSortKey(const Column& column, uint32_t row, SortOrder order, std::string* out);
// The same for a value or NULL of `type`.
void AppendSortKey(const Datum& value, DataType type, SortOrder order, std::string* out);

// Takes a key of `type` off the front of what AppendSortKey wrote, and gives its cell.
Datum TakeSortKey(std::string_view* bytes, DataType type, SortOrder order);

// Bytes of the first of ascending keys of `type`; whether it is that of NULL.
size_t SortKeyBytes(std::string_view keys, DataType type, SortOrder order);
bool IsNullSortKey(std::string_view keys);
// Bytes of the key that `bytes`, which come from elsewhere, begin with: an ascending one, NULLs last, of what is
// compared alone. 0: they begin with none.
size_t CheckSortKey(std::string_view bytes, DataType type);

}  // namespace freshet
