// The casts of the engine, also for casts of arrays, which are those of their elements.
#pragma once

#include "engine/expr/scalar_function.h"

namespace freshet {

// The cast between two types as a function of one argument named "cast", or nullptr if there is none. Casts to numeric
// with a modifier, and from a type to itself with another modifier, read the modifier from the call's result type.
const ScalarFunction* FindCast(TypeKind from, TypeKind to);

}  // namespace freshet
