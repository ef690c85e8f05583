// Keeps a relation's rows as a reader would see them: what came becomes visible at commit.
#pragma once

#include "engine/circuit/committable.h"
#include "engine/circuit/operator.h"
#include "engine/columnar/text_form.h"

namespace freshet {

// One shard's part of a view, owned by a test.
struct CollectedResult : public Committable {
  void Commit(const Commitment& commitment) override {
    committed.Add(pending);
    last_change = std::exchange(pending, ZSet());
    epoch = commitment.epoch;
    shown = commitment.load_complete;
    finished = commitment.finished;
  }

  ZSet committed;
  ZSet last_change;  // of the last epoch committed
  ZSet pending;
  Epoch epoch;
  bool shown = false;
  bool finished = false;
};

class ResultCollector : public Operator {
 public:
  // `result` outlives the operator.
  explicit ResultCollector(CollectedResult* result) : result_(result) {}

  Progress Push(PortIndex, const DeltaBatch& batch, Output&) override {
    result_->pending.Add(batch);
    return Progress::kDone;
  }

 private:
  CollectedResult* const result_;
};

}  // namespace freshet
