// Compiled expressions: a flat register program of vectorized kernels.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/columnar/delta_batch.h"
#include "engine/expr/expression.h"

namespace freshet {

// Computes several expressions over a batch; common subexpressions once. Not thread-safe (it owns scratch registers);
// one per operator.
class Program {
 public:
  // `inputs` are the types of the batches' columns. Every expression must be well typed (CHECK).
  Program(std::span<const DataType> inputs, std::vector<Expression> outputs);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  // One column of batch.size() cells for each output. An output that is a bare column shares the input's memory.
  std::vector<Column> Evaluate(const DeltaBatch& batch);

  // Evaluates the only output, a boolean, and sets `rows` to the rows where it is TRUE, ascending. Rows where it is
  // ERROR are left out and appended to `errors`, if that is given.
  void Select(const DeltaBatch& batch, std::vector<uint32_t>* rows,
              std::vector<std::pair<uint32_t, CellError>>* errors = nullptr);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
