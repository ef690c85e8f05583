// The functions of the engine, in one explicit list (function_list.cc, which names the families).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/expr/scalar_function.h"
#include "engine/functions/scalar/cast_list.h"  // FindCast

namespace freshet {

// Every scalar signature, casts left out.
std::span<const ScalarFunction> ScalarFunctions();

// The signatures of a name.
std::vector<const ScalarFunction*> FindScalarFunctions(std::string_view name);

// The signature with exactly these argument types, or nullptr.
const ScalarFunction* FindScalarFunction(std::string_view name, std::span<const TypeKind> arguments);

// How freely a cast may be used, after PostgreSQL: in any expression (implicit), or only written out.
bool IsImplicitCast(TypeKind from, TypeKind to);

}  // namespace freshet
