// The table functions of the engine, in one explicit list.
#pragma once

#include <span>
#include <string_view>

#include "engine/functions/table/table_function.h"

namespace freshet {

// Every signature. They live as long as the process.
std::span<const TableFunction> TableFunctions();

// The signature with exactly these argument types, or nullptr.
const TableFunction* FindTableFunction(std::string_view name, std::span<const TypeKind> arguments);

}  // namespace freshet
