// Declares what an aggregate function is: a name, an argument type, a result type, what it keeps and how it shows it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/functions/aggregate/argument_state.h"

namespace freshet {

// Computes the function for each of the groups. Text is copied, so that the column lives by itself.
using AggregateResult = Column (*)(const ArgumentState& state, DataType result, std::span<const Entry* const> entries);

// One signature. NULL arguments are ignored; count gives 0 over no value, the others NULL. While an ERROR argument is
// in the group, the result is ERROR(ERROR_IN_AGGREGATE).
struct AggregateFunction {
  std::string_view name;            // lower case
  std::vector<TypeKind> arguments;  // one, or none: count(*)
  TypeKind result;
  AccumulatorNeeds needs;
  AggregateResult compute;
  std::string_view doc;  // one line for the reference page
  // Part of a node's fingerprint; grows when a mended function gives other results.
  uint32_t semantic_version = 1;
};

// The type of a call's result, with its modifier: min and max keep that of the argument.
inline DataType ResultTypeOf(const AggregateFunction& function, DataType argument) {
  bool keeps = function.needs.least || function.needs.greatest;
  return keeps ? argument : DataType{function.result};
}

}  // namespace freshet
