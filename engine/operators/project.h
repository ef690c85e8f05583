// Computes the output columns of each row. Weights pass through; a failing expression gives an ERROR cell.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/expr/program.h"

namespace freshet {

class Project : public Operator {
 public:
  // `outputs` are expressions over `input` columns.
  Project(std::span<const DataType> input, std::vector<Expression> outputs);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;

 private:
  // The output column that is the bare input column, by input column.
  std::vector<std::optional<ColumnIndex>> output_of_;
  Program program_;
};

}  // namespace freshet
