// Answers the server's read requests on the compute thread, in slices between the steps of the epochs.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/clock.h"
#include "engine/views/view_read.h"
#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/connector_source.h"
#include "server/shard/reading/held_epochs.h"

namespace freshet {

// A read waits until its epoch is committed here, then looks at a bounded number of rows a step. Reads take turns, so
// that a long one does not hold up the others.
class ReadQueue {
 public:
  struct Options {
    HeldEpochs::Options held;
    int64_t slice_micros = 200;
  };
  // What reads look at; all outlive the queue.
  struct Content {
    const v1::PhysicalPlan* plan = nullptr;
    std::vector<ViewStore*> views;
    std::vector<const ConnectorSource*> sources;
    // The last epoch that readers may see of the dead letters.
    std::function<Epoch()> committed;
    // The expression errors of this shard.
    std::function<std::vector<v1::ExpressionError>()> errors;
  };
  using Respond = std::function<void(const v1::ReadResponse&)>;

  ReadQueue(Options options, Content content, const Clock* clock, Respond respond);

  void Add(const v1::ReadRequest& request);
  void Cancel(uint64_t id);
  void Keep(Epoch oldest, Epoch needed) { held_.Keep(oldest, needed); }
  // An epoch was committed, or the load is complete.
  void OnCommitted();

  // Works for about a slice. False: no read can go on now.
  bool Step();
  int64_t NextWakeMicros() const { return held_.NextWakeMicros(); }

 private:
  struct Read {
    uint64_t id = 0;
    v1::RowsRequest request;
    Epoch epoch;
    std::unique_ptr<ViewRead> read;  // nullptr: it waits for its epoch
    uint32_t rows_per_step = 128;
  };

  // Begins reads whose epoch is committed. The error code that ends it; OK: it runs or waits.
  absl::Status Begin(Read& read);
  absl::StatusOr<ViewRead::Query> QueryOf(const Read& read, const ViewStore& view) const;
  void Finish(Read& read);
  void RespondError(uint64_t id, const absl::Status& status);
  void RespondDeadLetters(uint64_t id, const v1::DeadLettersRequest& request);

  const Options options_;
  const Content content_;
  const Clock* const clock_;
  const Respond respond_;
  HeldEpochs held_;
  std::deque<Read> reads_;
};

}  // namespace freshet
