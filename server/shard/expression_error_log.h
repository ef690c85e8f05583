// Counts what operators could not use and what is kept as ERROR, by node, column and code, with a row as a sample.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/columnar/types.h"
#include "server/shard/build_operators.h"
#include "server/shard/failed_cells.h"

namespace freshet {

// Belongs to the compute thread, as the operators that count do.
class ExpressionErrorLog : public ExpressionErrors {
 public:
  // The counter of one node, whose rows have the schema; it lives as long as the log.
  ErrorCounter* CounterFor(std::string node, Schema schema);

  // The counts of ERROR cells in one view; they live as long as the log.
  FailedCells* CellsOf(FailedCells::Options options);

  // What is not 0, in the order of the nodes, views last.
  std::vector<v1::ExpressionError> List() const override;

 private:
  class Counter : public ErrorCounter {
   public:
    Counter(std::string node, Schema schema) : node_(std::move(node)), schema_(std::move(schema)) {}
    void Count(CellError error, int64_t weight, const DeltaBatch& batch, uint32_t row) override;
    void AppendTo(std::vector<v1::ExpressionError>* out) const;

   private:
    struct Failures {
      int64_t count = 0;
      std::string sample;  // the first row since the count was 0
    };
    std::string node_;
    Schema schema_;
    std::map<CellError, Failures> failures_;
  };

  std::vector<std::unique_ptr<Counter>> counters_;
  std::vector<std::unique_ptr<FailedCells>> cells_;
};

}  // namespace freshet
