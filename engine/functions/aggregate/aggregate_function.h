// Declares what an aggregate function is: a name, an argument type, a result type, what it keeps and how it shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/columnar/datum.h"
#include "engine/functions/aggregate/argument_state.h"

namespace freshet {

// What a call says beside its arguments.
struct AggregateForm {
  DataType type;  // of the result
  // Constants: string_agg's separator, the fraction of a percentile.
  std::vector<Datum> parameters = {};
  // Where the arguments stand in the rows of the state (ArgumentState::Options::rows).
  std::vector<uint32_t> argument_parts = {};
};

// Computes the function for each of the groups. Text is copied, so that the column lives by itself.
using AggregateResult = Column (*)(const ArgumentState& state, const AggregateForm& form,
                                   std::span<const Entry* const> entries);

// What the values of a call are.
enum class AggregateValues : uint8_t {
  kOneArgument,  // those of the argument, where it is not NULL (rows themselves: count(*))
  kPairs,        // two doubles, neither of them NULL
  kBySecond,     // rows in the order of the second argument, then of the first; neither is NULL
  kOrdered,      // rows in the order of the call's ORDER BY, then of the arguments
  kWithinGroup,  // arguments in the order of WITHIN GROUP (ORDER BY ...), none NULL; the call's own are parameters
};

// The type of an argument; no value: any.
using AggregateArgument = std::optional<TypeKind>;

// One signature. count gives 0 over no value, the others NULL. While an ERROR argument is in the group, the result is
// ERROR(ERROR_IN_AGGREGATE).
struct AggregateFunction {
  std::string_view name;                     // lower case
  std::vector<AggregateArgument> arguments;  // none: count(*)
  AggregateArgument result;                  // no value: the type of the first argument; arrays are of it
  AccumulatorNeeds needs;
  AggregateResult compute;
  std::string_view doc;  // one line for the reference page
  AggregateValues values = AggregateValues::kOneArgument;
  std::vector<TypeKind> parameters = {};  // constants behind the arguments
  bool keeps_nulls = false;               // of kOrdered: rows whose first argument is NULL take part
  bool needs_order = false;               // of kOrdered: without ORDER BY the call means nothing
  bool is_distinct = false;               // as with DISTINCT, always
  // Part of a node's fingerprint; grows when a mended function gives other results.
  uint32_t semantic_version = 1;
};

// The type of a call's result, with its modifier where it is that of the argument.
inline DataType ResultTypeOf(const AggregateFunction& function, DataType argument) {
  if (function.result == TypeKind::kArray) return ArrayOf(argument);
  return function.result ? DataType{*function.result} : argument;
}

// The rows that a call keeps, for a function whose values are rows; *argument_parts says where the arguments stand.
struct OrderedArgument {
  ColumnIndex column;
  DataType type;
  SortOrder order;
};
RowForm RowFormOf(const AggregateFunction& function, std::span<const OrderedArgument> arguments,
                  std::span<const OrderedArgument> order, std::vector<uint32_t>* argument_parts);

}  // namespace freshet
