// Compiles bound expressions into the instructions of a Program.
#pragma once

#include <span>
#include <vector>

#include "engine/expr/expression.h"
#include "engine/expr/program_code.h"

namespace freshet {

// Equal subexpressions get one register, constant ones are computed now, and what CASE, COALESCE, AND and OR need only
// for some rows is computed under a selection of them. CHECKs that the expressions are well typed.
ProgramCode CompileProgram(std::span<const DataType> inputs, std::span<const Expression> outputs);

}  // namespace freshet
