// Writes epochs to where readers outside look: the part of a sink that does I/O. One thread; no clock of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/circuit/sink.h"

namespace freshet {

// What is released: all changes of an epoch on one shard.
struct SinkEpoch {
  Epoch epoch;
  std::vector<DeltaBatch> batches;
  uint64_t bytes = 0;
};

struct SinkProgress {
  Epoch done;                // this epoch and all before it are written, durably
  SinkPartitions positions;  // of the own partitions that got further since they were asked for last
  uint64_t records = 0;      // written since the start
  uint64_t bytes = 0;
};

class SinkWriter {
 public:
  virtual ~SinkWriter() = default;

  // Epochs up to this one stand already and need not be kept; known before anything is looked at.
  virtual Epoch DoneBefore(const SinkStart& start) const = 0;
  // Finds out what is written already. Called again after UNAVAILABLE and RESOURCE_EXHAUSTED.
  virtual absl::Status Open(const SinkStart& start) = 0;
  // Takes an epoch; they come in order.
  virtual void Add(SinkEpoch epoch) = 0;
  // Works on what was added; waits at most so long when nothing can be done at once. UNAVAILABLE, RESOURCE_EXHAUSTED:
  // what is wrong and heals; call it again. Anything else: the sink cannot go on.
  virtual absl::Status Step(int wait_ms) = 0;
  // Whether Step has something to do.
  virtual bool HasWork() const = 0;
  // When Step should be called although there is no work, on the monotonic clock; INT64_MAX: never.
  virtual int64_t NextWakeMicros() const { return INT64_MAX; }
  // Nothing follows; called again after an error that heals.
  virtual absl::Status Finish() = 0;

  virtual SinkProgress TakeProgress() = 0;
};

}  // namespace freshet
