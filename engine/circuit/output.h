// Takes what an operator emits, up to a budget.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "engine/columnar/delta_batch.h"

namespace freshet {

// An operator that sees full() stops as soon as it can and answers Progress::kMore. It may overshoot by one batch.
class Output {
 public:
  static constexpr size_t kDefaultRowBudget = 64 * 1024;

  explicit Output(size_t row_budget = kDefaultRowBudget) : row_budget_(row_budget) {}

  // Empty batches are dropped.
  void Emit(DeltaBatch batch) {
    if (batch.empty()) return;
    rows_ += batch.size();
    batches_.push_back(std::move(batch));
  }
  bool full() const { return rows_ >= row_budget_; }
  // Rows until full, at least 1: the size to give the next batch so that the budget is not overshot.
  size_t room() const { return full() ? 1 : row_budget_ - rows_; }
  size_t rows() const { return rows_; }

  // Hands over what was emitted and starts anew.
  std::vector<DeltaBatch> TakeBatches() {
    rows_ = 0;
    return std::exchange(batches_, {});
  }

 private:
  size_t row_budget_;
  size_t rows_ = 0;
  std::vector<DeltaBatch> batches_;
};

}  // namespace freshet
