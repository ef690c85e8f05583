// Declares what a table function is: a function that gives any number of rows of one column for one row of arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/columnar/column_builder.h"
#include "engine/columnar/types.h"

namespace freshet {

// Where a table function stands within the rows of one call. Starts as it is made; the function alone reads `position`.
struct TableCursor {
  int64_t position = 0;
  bool started = false;
  bool done = false;
};

// Appends at most `limit` (> 0) further cells of the call with the arguments of `row`, and moves the cursor past them;
// sets `done` once nothing is left, at the latest in the call that appends nothing. The arguments of the row are
// values, never NULL or ERROR: such rows give no rows. Text cells may lead into the heaps of the text arguments, which
// the caller has given to `out`.
using TableKernel = void (*)(std::span<const Column> arguments, uint32_t row, uint32_t limit, TableCursor& cursor,
                             ColumnBuilder& out);

// One signature of a table function. Signatures are unique in (name, arguments).
struct TableFunction {
  std::string_view name;  // lower case
  std::vector<TypeKind> arguments;
  std::optional<TypeKind> result;  // no value: the type of the first argument's elements, which is an array
  std::string_view column_name;    // of the result, unless the query names it
  TableKernel kernel;
  std::string_view doc;  // one line for the reference page
  // Part of a node's fingerprint; grows when a mended kernel gives other results.
  uint32_t semantic_version = 1;
};

// The type of a call's column.
inline DataType ResultTypeOf(const TableFunction& function, std::span<const DataType> arguments) {
  return function.result ? DataType{*function.result} : ElementOf(arguments[0]);
}

}  // namespace freshet
