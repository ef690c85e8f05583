// Runs single instructions of a program.
#pragma once

#include <span>

#include "engine/expr/kernel.h"
#include "engine/expr/program_code.h"

namespace freshet {

// Fills `result` with the cells of the instruction's result. `escapes`: the result leaves the program.
void RunKernel(const Instruction& instruction, uint32_t size, const Selection& selection,
               std::span<const Vector* const> arguments, DataType type, BufferPool& pool, bool escapes, Cells& result);

// Fills `taken` and `rest` with rows of `selection`, ascending.
void RunBranch(BranchTest test, uint32_t size, const Selection& selection, const Vector& condition, Selection& taken,
               Selection& rest);

// `selections` stand beside `arguments`.
void RunMerge(const Instruction& instruction, uint32_t size, const Selection& selection,
              std::span<const Vector* const> arguments, std::span<const Selection* const> selections, DataType type,
              BufferPool& pool, bool escapes, Cells& result);

}  // namespace freshet
