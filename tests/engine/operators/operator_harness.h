// Runs one operator as a circuit would: resumes it whenever its output is full, and adds up what it emits.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/key_hash.h"
#include "engine/circuit/operator.h"
#include "engine/columnar/text_form.h"
#include "engine/state/state_store.h"
#include "tests/engine/state/map_state_store.h"

namespace freshet {

class CountingErrors : public ErrorCounter {
 public:
  void Count(CellError error, int64_t weight, const DeltaBatch&, uint32_t) override { counts_[error] += weight; }
  int64_t Of(CellError error) const {
    auto found = counts_.find(error);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  std::map<CellError, int64_t> counts_;
};

class OperatorHarness {
 public:
  explicit OperatorHarness(std::unique_ptr<Operator> op, size_t row_budget = Output::kDefaultRowBudget)
      : operator_(std::move(op)), out_(row_budget) {}

  void Push(uint32_t port, const DeltaBatch& batch) { Finish(operator_->Push(PortIndex(port), batch, out_)); }
  void Seal(uint64_t epoch = 1) { Finish(operator_->Seal(SealContext{Epoch(epoch), 0}, out_)); }

  // What came out since the last call.
  ZSet TakeOutput() { return std::exchange(output_, {}); }
  std::vector<DeltaBatch> TakeBatches() { return std::exchange(batches_, {}); }
  // The largest number of rows that one call emitted.
  size_t largest_step() const { return largest_step_; }
  size_t resumes() const { return resumes_; }

  Operator& op() { return *operator_; }
  // Saves what is dirty and goes on with `next`, loaded from the store.
  void Restart(std::unique_ptr<Operator> next, MapStateStore& store) {
    operator_->SaveDirty(store);
    operator_ = std::move(next);
    for (uint32_t vnode = 0; vnode < kVnodeCount; ++vnode) {
      absl::Status status = operator_->Load(store, VnodeId(static_cast<uint16_t>(vnode)));
      ASSERT_TRUE(status.ok()) << status;
    }
  }

 private:
  void Finish(Progress progress) {
    Take();
    while (progress == Progress::kMore) {
      ++resumes_;
      progress = operator_->Resume(out_);
      Take();
    }
  }
  void Take() {
    largest_step_ = std::max(largest_step_, out_.rows());
    for (DeltaBatch& batch : out_.TakeBatches()) {
      EXPECT_LE(batch.size(), kBatchRows);
      output_.Add(batch);
      batches_.push_back(std::move(batch));
    }
  }

  std::unique_ptr<Operator> operator_;
  Output out_;
  ZSet output_;
  std::vector<DeltaBatch> batches_;
  size_t largest_step_ = 0;
  size_t resumes_ = 0;
};

// Reads a batch from its text form.
inline DeltaBatch Batch(std::string_view text, const Schema& schema) {
  absl::StatusOr<DeltaBatch> batch = ParseBatch(text, schema);
  EXPECT_TRUE(batch.ok()) << batch.status();
  return *batch;
}
// The text of a Z-set with rows sorted, for comparisons.
inline std::string Sorted(std::string_view text, const Schema& schema) {
  ZSet rows;
  rows.Add(Batch(text, schema));
  return rows.Format(schema);
}

inline std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

}  // namespace freshet
