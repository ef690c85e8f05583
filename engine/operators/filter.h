// Keeps the rows for which a condition is TRUE. A row for which it is ERROR is dropped and counted.
#pragma once

#include <span>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/expr/program.h"

namespace freshet {

class Filter : public Operator {
 public:
  // `condition` is a boolean over `input` columns. `errors` may be nullptr, else it outlives the operator.
  Filter(std::span<const DataType> input, Expression condition, ErrorCounter* errors);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;

 private:
  Program program_;
  ErrorCounter* errors_;
  std::vector<uint32_t> rows_;
  std::vector<std::pair<uint32_t, CellError>> failed_;
};

}  // namespace freshet
