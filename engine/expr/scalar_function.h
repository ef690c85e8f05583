// Declares what a scalar function is: a name, argument types, a result type and a vectorized kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/datum.h"
#include "engine/columnar/types.h"

namespace freshet {

class KernelCall;  // kernel.h: argument vectors, the rows to compute, and where the result goes

// Computes one function over the rows of a call. Never throws, never branches away from a row's failure: a row that
// fails gets an ERROR cell.
using ScalarKernel = void (*)(KernelCall& call);

// Looks at the arguments that are constants when a call is bound (nullptr: it is none) and says what is wrong with
// them; empty: nothing is.
using ConstantCheck = std::string (*)(std::span<const Datum* const> constants);

// What the elements of an array are that a function gives.
enum class ResultElements : uint8_t { kOfArguments, kInteger, kText };

// One signature of a function. Signatures are unique in (name, arguments); which one a call means, and with which
// implicit casts, is decided where the expression is bound.
struct ScalarFunction {
  std::string_view name;  // lower case; operators by their symbol: "+", "<=", "||"
  std::vector<TypeKind> arguments;
  std::optional<TypeKind> result;  // no value: the type of the first argument's elements
  ScalarKernel kernel;
  std::string_view doc;  // one line for the reference page
  // false: the kernel is called with NULL arguments too and decides itself. true: NULL in, NULL out.
  bool strict = true;
  // Part of a node's fingerprint; grows when a mended kernel gives other results.
  uint32_t semantic_version = 1;
  ConstantCheck check = nullptr;  // nullptr: any constants will do
  ResultElements elements = ResultElements::kOfArguments;
  // Bit i: what is written as argument i is an element of the other arguments' type; it comes as an array of it alone.
  uint32_t element_arguments = 0;
};

// The type of a call's result.
DataType ResultTypeOf(const ScalarFunction& function, std::span<const DataType> arguments);

}  // namespace freshet
