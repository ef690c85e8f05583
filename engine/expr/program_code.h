// What a Program runs: registers and instructions in the order of execution. Each register is written once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/expr/scalar_function.h"
#include "engine/expr/value_set.h"

namespace freshet {

using RegisterId = uint32_t;
using SelectionId = uint32_t;

// The selection of all rows of the batch.
inline constexpr SelectionId kAllRows = 0;

enum class RegisterOrigin : uint8_t {
  kInput,        // column `input` of the batch
  kConstant,     // the one cell of `constant`
  kInstruction,  // an instruction's result
};

struct Register {
  RegisterOrigin origin = RegisterOrigin::kInstruction;
  DataType type;
  uint32_t input = 0;
  Column constant;
  bool is_output = false;
};

enum class Step : uint8_t {
  kKernel,  // result = kernel(arguments) in `selection`
  kBranch,  // splits `selection` by the cells of the only argument into `taken` and `rest`
  kMerge,   // result = in each piece's selection, its cells
};

// What the frame marks as invalid in the result before a kernel runs.
enum class Invalidity : uint8_t {
  kStrict,  // rows with a NULL or ERROR argument
  kErrors,  // rows with an ERROR argument
  kKernel,  // nothing: the kernel does it
};

// Which rows of a branch are taken. Others go to the rest, but for kIsTrue only FALSE and NULL ones do: rows with an
// ERROR as condition are in neither.
enum class BranchTest : uint8_t { kIsTrue, kIsNotFalse, kIsNotTrue, kIsNull, kIsError };

struct Instruction {
  Step step = Step::kKernel;
  ScalarKernel kernel = nullptr;
  Invalidity invalidity = Invalidity::kKernel;
  SelectionId selection = kAllRows;
  RegisterId result = 0;
  std::vector<RegisterId> arguments;

  std::shared_ptr<const ValueSet> set;  // of IsOneOfKernel

  BranchTest test = BranchTest::kIsTrue;  // kBranch
  SelectionId taken = 0;
  SelectionId rest = 0;

  // kMerge: `arguments` are as many pieces, then conditions, whose ERROR cells become the result's.
  std::vector<SelectionId> argument_selections;
  uint32_t piece_count = 0;

  std::vector<RegisterId> released;  // results that nothing after this instruction reads
};

struct ProgramCode {
  std::vector<Register> registers;
  std::vector<Instruction> instructions;
  uint32_t selection_count = 1;
  std::vector<RegisterId> outputs;
};

}  // namespace freshet
