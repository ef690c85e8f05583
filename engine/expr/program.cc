#include "engine/expr/program.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/expr/compiler.h"
#include "engine/expr/kernel.h"
#include "engine/expr/run.h"

namespace freshet {
namespace {

// Zeroes the values of cells that are not values, as Column promises, and drops validity that says nothing.
void Normalize(Cells& cells, uint32_t size, size_t width) {
  if (!cells.valid) {
    cells.errors = BufferRef();
    return;
  }
  const uint64_t* valid = cells.valid.as<uint64_t>();
  char* values = cells.values.mutable_as<char>();
  bool all_valid = true;
  for (uint32_t first = 0; first < size; first += 64) {
    uint64_t invalid = ~valid[first / 64];
    if (size - first < 64) invalid &= (uint64_t{1} << (size - first)) - 1;
    for (; invalid != 0; invalid &= invalid - 1) {
      all_valid = false;
      std::memset(values + (first + __builtin_ctzll(invalid)) * width, 0, width);
    }
  }
  if (all_valid) {
    cells.valid = BufferRef();
    cells.errors = BufferRef();
  }
}

// `size` times the one cell of `cell`.
Column Repeat(const Column& cell, uint32_t size) {
  size_t width = WidthOf(cell.physical());
  BufferRef values = BufferRef::Allocate(size * width);
  for (uint32_t row = 0; row < size; ++row) {
    std::memcpy(values.mutable_as<char>() + row * width, cell.raw_values(), width);
  }
  BufferRef valid;
  BufferRef errors;
  if (!cell.IsValue(0)) {
    valid = BufferRef::AllocateZeroed(BitmapWords(size) * sizeof(uint64_t));
    if (cell.IsError(0)) {
      errors = BufferRef::Allocate(size);
      std::memset(errors.mutable_as<char>(), static_cast<int>(cell.ErrorAt(0)), size);
    }
  }
  return Column(cell.type(), size, std::move(values), std::move(valid), std::move(errors), cell.heaps());
}

}  // namespace

class Program::Impl {
 public:
  Impl(std::span<const DataType> inputs, std::vector<Expression> outputs)
      : code_(CompileProgram(inputs, outputs)),
        vectors_(code_.registers.size()),
        cells_(code_.registers.size()),
        repeated_(code_.registers.size()),
        selections_(code_.selection_count) {
    for (size_t id = 0; id < code_.registers.size(); ++id) {
      const Register& constant = code_.registers[id];
      if (constant.origin == RegisterOrigin::kConstant) vectors_[id] = Vector(constant.constant, true);
    }
    for (const Instruction& instruction : code_.instructions) {
      std::vector<const Vector*>& arguments = arguments_.emplace_back();
      for (RegisterId id : instruction.arguments) arguments.push_back(&vectors_[id]);
      std::vector<const Selection*>& selections = argument_selections_.emplace_back();
      for (SelectionId id : instruction.argument_selections) selections.push_back(&selections_[id]);
    }
  }

  std::vector<Column> Evaluate(const DeltaBatch& batch) {
    Run(batch, true);
    std::vector<Column> columns;
    columns.reserve(code_.outputs.size());
    for (size_t i = 0; i < code_.outputs.size(); ++i) {
      // A column that is asked for twice has moved out of its register.
      auto before = std::find(code_.outputs.begin(), code_.outputs.begin() + i, code_.outputs[i]);
      size_t first = before - code_.outputs.begin();
      columns.push_back(first < i ? columns[first] : TakeOutput(code_.outputs[i], batch));
    }
    return columns;
  }

  void Select(const DeltaBatch& batch, std::vector<uint32_t>* rows,
              std::vector<std::pair<uint32_t, CellError>>* errors) {
    CHECK_EQ(code_.outputs.size(), 1u);
    RegisterId output = code_.outputs[0];
    CHECK(code_.registers[output].type.kind == TypeKind::kBoolean);
    Run(batch, false);
    SelectRows(vectors_[output], batch.size(), rows, errors);
    ReleaseCells(output);
  }

 private:
  // `outputs_escape`: the outputs become columns.
  void Run(const DeltaBatch& batch, bool outputs_escape) {
    uint32_t size = batch.size();
    for (size_t id = 0; id < code_.registers.size(); ++id) {
      const Register& input = code_.registers[id];
      if (input.origin == RegisterOrigin::kInput) vectors_[id] = Vector(batch.column(ColumnIndex(input.input)), false);
    }
    if (size == 0) return;
    for (size_t i = 0; i < code_.instructions.size(); ++i) RunInstruction(i, size, outputs_escape);
  }

  void RunInstruction(size_t index, uint32_t size, bool outputs_escape) {
    const Instruction& instruction = code_.instructions[index];
    const Selection& selection = selections_[instruction.selection];
    Cells& result = cells_[instruction.result];
    const Register& target = code_.registers[instruction.result];
    bool escapes = target.is_output && outputs_escape;
    switch (instruction.step) {
      case Step::kKernel:
        if (selection.CountOf(size) == 0) break;
        RunKernel(instruction, size, selection, arguments_[index], target.type, pool_, escapes, result);
        vectors_[instruction.result] = Vector(target.type, result, false);
        break;
      case Step::kBranch:
        RunBranch(instruction.test, size, selection, *arguments_[index][0], selections_[instruction.taken],
                  selections_[instruction.rest]);
        break;
      case Step::kMerge:
        if (selection.CountOf(size) == 0) break;
        RunMerge(instruction, size, selection, arguments_[index], argument_selections_[index], target.type, pool_,
                 escapes, result);
        vectors_[instruction.result] = Vector(target.type, result, false);
        break;
    }
    for (RegisterId id : instruction.released) ReleaseCells(id);
  }

  // Registers keep their memory no longer than needed: what was just released is still in the cache when it is taken
  // again.
  void ReleaseCells(RegisterId id) {
    Cells& cells = cells_[id];
    if (!cells.values) return;
    pool_.Give(std::move(cells.values));
    if (cells.valid) pool_.Give(std::move(cells.valid));
    if (cells.errors) pool_.Give(std::move(cells.errors));
    cells.heaps.clear();
  }

  Column TakeOutput(RegisterId id, const DeltaBatch& batch) {
    const Register& output = code_.registers[id];
    uint32_t size = batch.size();
    switch (output.origin) {
      case RegisterOrigin::kInput: {
        const Column& column = batch.column(ColumnIndex(output.input));
        return column.type() == output.type ? column : column.As(output.type);
      }
      case RegisterOrigin::kConstant: {
        std::optional<Column>& repeated = repeated_[id];
        if (!repeated || repeated->size() < size) repeated = Repeat(output.constant, size);
        return Column(output.type, size, repeated->values_buffer(), repeated->valid_buffer(), repeated->errors_buffer(),
                      repeated->heaps());
      }
      case RegisterOrigin::kInstruction: {
        if (size == 0) return Column(output.type, 0, BufferRef::Allocate(0));
        Cells& cells = cells_[id];
        Normalize(cells, size, WidthOf(PhysicalOf(output.type.kind)));
        return Column(output.type, size, std::move(cells.values), std::move(cells.valid), std::move(cells.errors),
                      std::move(cells.heaps));
      }
    }
    __builtin_unreachable();
  }

  static void SelectRows(const Vector& condition, uint32_t size, std::vector<uint32_t>* rows,
                         std::vector<std::pair<uint32_t, CellError>>* errors) {
    rows->resize(size);
    uint32_t* out = rows->data();
    uint32_t count = 0;
    const uint8_t* values = condition.values<uint8_t>();
    if (condition.constant()) {
      bool is_true = condition.IsValue(0) && values[0] != 0;
      for (; is_true && count < size; ++count) out[count] = count;
    } else if (condition.valid_bits() == nullptr) {
      for (uint32_t row = 0; row < size; ++row) {
        out[count] = row;
        count += values[row];
      }
    } else {
      for (uint32_t row = 0; row < size; ++row) {
        out[count] = row;
        count += (values[row] & 1) & static_cast<uint8_t>(TestBit(condition.valid_bits(), row));
      }
    }
    rows->resize(count);
    if (errors == nullptr || condition.error_codes() == nullptr) return;
    for (uint32_t row = 0; row < size; ++row) {
      if (condition.IsError(row)) errors->emplace_back(row, condition.ErrorAt(row));
    }
  }

  ProgramCode code_;
  BufferPool pool_;
  std::vector<Vector> vectors_;                  // by register
  std::vector<Cells> cells_;                     // by register; empty for inputs and constants
  std::vector<std::optional<Column>> repeated_;  // by register: constants that are outputs
  std::vector<Selection> selections_;
  std::vector<std::vector<const Vector*>> arguments_;  // by instruction
  std::vector<std::vector<const Selection*>> argument_selections_;
};

Program::Program(std::span<const DataType> inputs, std::vector<Expression> outputs)
    : impl_(std::make_unique<Impl>(inputs, std::move(outputs))) {}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

std::vector<Column> Program::Evaluate(const DeltaBatch& batch) { return impl_->Evaluate(batch); }

void Program::Select(const DeltaBatch& batch, std::vector<uint32_t>* rows,
                     std::vector<std::pair<uint32_t, CellError>>* errors) {
  impl_->Select(batch, rows, errors);
}

}  // namespace freshet
