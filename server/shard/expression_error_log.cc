#include "server/shard/expression_error_log.h"

#include "server/shard/row_sample.h"

namespace freshet {

ErrorCounter* ExpressionErrorLog::CounterFor(std::string node, Schema schema) {
  counters_.push_back(std::make_unique<Counter>(std::move(node), std::move(schema)));
  return counters_.back().get();
}

FailedCells* ExpressionErrorLog::CellsOf(FailedCells::Options options) {
  cells_.push_back(std::make_unique<FailedCells>(std::move(options)));
  return cells_.back().get();
}

std::vector<v1::ExpressionError> ExpressionErrorLog::List() const {
  std::vector<v1::ExpressionError> errors;
  for (const auto& counter : counters_) counter->AppendTo(&errors);
  for (const auto& cells : cells_) cells->AppendTo(&errors);
  return errors;
}

void ExpressionErrorLog::Counter::Count(CellError error, int64_t weight, const DeltaBatch& batch, uint32_t row) {
  Failures& failures = failures_[error];
  if (failures.count == 0) failures.sample = SampleOfRow(batch, row, schema_);
  failures.count += weight;
}

void ExpressionErrorLog::Counter::AppendTo(std::vector<v1::ExpressionError>* out) const {
  for (const auto& [error, failures] : failures_) {
    if (failures.count == 0) continue;
    v1::ExpressionError& added = out->emplace_back();
    added.set_node(node_);
    added.set_code(std::string(CellErrorCode(error)));
    added.set_count(failures.count);
    added.set_sample(failures.sample);
  }
}

}  // namespace freshet
