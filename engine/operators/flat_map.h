// Gives the rows of a table function for each row: kept input columns, then the function's column, with the row's
// weight. A row with a NULL argument gives none; one with an ERROR argument gives none and is counted.
#pragma once

#include <span>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/expr/program.h"
#include "engine/functions/table/table_function.h"

namespace freshet {

class FlatMap : public Operator {
 public:
  // `arguments` are expressions over `input` columns with exactly the function's types; `kept` are the input columns
  // of the output. `function` outlives the operator; `errors` may be nullptr, else it does too.
  FlatMap(std::span<const DataType> input, const TableFunction& function, std::vector<Expression> arguments,
          std::vector<ColumnIndex> kept, ErrorCounter* errors);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Resume(Output& out) override;

 private:
  bool ArgumentsAreValues(uint32_t row);
  // Lets the text cells of the result lead into the arguments' heaps.
  void ShareHeaps();
  void EmitRows(Output& out);

  const TableFunction& function_;
  std::vector<ColumnIndex> kept_;
  ErrorCounter* errors_;
  ColumnBuilder results_;
  Program program_;
  bool heaps_shared_ = false;
  std::vector<uint32_t> source_rows_;  // the input row of each cell in results_

  // The batch at work, and where in it the operator stands.
  DeltaBatch batch_;
  std::vector<Column> arguments_;
  uint32_t row_ = 0;
  TableCursor cursor_;
};

}  // namespace freshet
