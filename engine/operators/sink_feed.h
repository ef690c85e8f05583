// Feeds a sink: sums up the changes of each epoch, leaves rows with ERROR cells out, and hands the epoch over at its
// seal. A load is handed over as one change at its end, unless the relation is append-only; what lies before a history,
// as part of its first epoch.
#pragma once

#include <cstdint>
#include <utility>

#include "engine/circuit/committable.h"
#include "engine/circuit/operator.h"
#include "engine/circuit/sink.h"
#include "engine/operators/row_changes.h"

namespace freshet {

// Single-threaded: belongs to the compute thread.
class SinkFeed : public Committable {
 public:
  struct Options {
    // The relation's rows never go, so those of a load may be written as it goes.
    bool append_only = false;
  };

  // Both outlive the feed; `errors` counts the rows left out and may be absent.
  SinkFeed(Options options, Sink* sink, ErrorCounter* errors) : options_(options), sink_(sink), errors_(errors) {}

  void StartHistory(Epoch history) override;
  void Begin(Epoch epoch, bool load) override;
  void Commit(const Commitment& commitment) override;

  // Takes changes of the running epoch.
  void Add(const DeltaBatch& batch);
  // The epoch has no more changes. kMore: HandOver goes on with what it hands to the sink.
  Progress HandOver();

  // Distinct rows in which an ERROR cell stood, by weight, since the start.
  int64_t error_rows() const { return error_rows_; }

 private:
  // What changes waits for a later epoch.
  bool Holds() const { return before_history_ || (load_ && !options_.append_only); }
  void HandOverLoad();
  void HandOverAll();
  void Prepare();
  bool HandOverSome(int pieces);

  const Options options_;
  Sink* const sink_;
  ErrorCounter* const errors_;
  RowChanges changes_;
  Epoch epoch_;
  Epoch history_;
  bool before_history_ = false;  // the running epoch is
  bool history_begins_ = false;  // nothing of it was prepared yet
  bool load_ = false;
  bool handed_any_ = false;
  size_t compacted_size_ = 0;
  int64_t error_rows_ = 0;
};

// Puts a feed at the end of a circuit. The feed outlives the operator; its Begin and Commit are called by whoever knows
// of epochs.
class SinkOperator : public Operator {
 public:
  explicit SinkOperator(SinkFeed* feed) : feed_(feed) {}

  Progress Push(PortIndex, const DeltaBatch& batch, Output&) override {
    feed_->Add(batch);
    return Progress::kDone;
  }
  Progress Seal(const SealContext&, Output&) override { return feed_->HandOver(); }
  Progress Resume(Output&) override { return feed_->HandOver(); }

 private:
  SinkFeed* const feed_;
};

}  // namespace freshet
