// The sink seam: takes the changes of a relation epoch by epoch and writes them where readers outside look.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/ids.h"
#include "engine/columnar/delta_batch.h"

namespace freshet {

// How far a partition of a sink is written, durably.
struct SinkPosition {
  Epoch done;          // all of the partition's changes up to this epoch
  int64_t offset = 0;  // where what comes after them begins; the connector's own meaning

  bool operator==(const SinkPosition&) const = default;
};

// By partition name.
using SinkPartitions = std::map<std::string, SinkPosition>;
// Per sink of the circuit, by SinkId.
using SinkPositions = std::vector<SinkPartitions>;

// Takes over what is further.
void MergeSinkPositions(const SinkPositions& from, SinkPositions* into);

// What a sink learns before its first epoch.
struct SinkStart {
  // The first epoch of the history that this group goes on with: what was written for smaller ones belongs to a result
  // that begins anew.
  Epoch history;
  // Of all shards, as the journal has it; what was written since may be more.
  SinkPartitions positions;
};

// One sink on one shard. Called by the compute thread; all methods return at once, the writing is done elsewhere.
// Epochs come with the same content again after a restart, from the history's first one or from a checkpoint on; the
// sink leaves out what stands already where it writes.
class Sink {
 public:
  virtual ~Sink() = default;

  // Once, before anything else.
  virtual void Start(const SinkStart& start) = 0;

  // Changes of the epoch that is prepared next: no two rows are equal, no weight is 0, no cell is ERROR.
  virtual void Write(const DeltaBatch& batch) = 0;
  // The epoch has no more changes. Epochs without any are not prepared, but for the first one of a history.
  virtual void Prepare(Epoch epoch) = 0;
  // What was prepared up to `epoch` may be seen by readers. `finished`: nothing follows, ever.
  virtual void Commit(Epoch epoch, bool finished) = 0;

  // False: so much waits to be written that no further epoch should be cut.
  virtual bool HasRoom() const = 0;
  // Everything that was committed is written.
  virtual bool Drained() const = 0;
  // Of the own partitions, those that got further since the last call; sinks may tell of it only now and then.
  virtual SinkPartitions TakePositions() = 0;
  // Not OK: the sink cannot go on; the group fails with this reason. What heals (a broker that is away) is not told
  // here but in status and metrics.
  virtual absl::Status Health() const = 0;
};

}  // namespace freshet
