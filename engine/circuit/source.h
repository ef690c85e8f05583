// The source seam: hands decoded rows to the compute thread, and says where its partitions stand.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/columnar/delta_batch.h"

namespace freshet {

// Where a partition stands: everything before it has been taken.
struct Position {
  int64_t offset = 0;     // files: bytes; Kafka: the next offset
  int64_t records = 0;    // records before it, bad ones included (files: the line is derived from it)
  uint64_t checksum = 0;  // over the bytes of the records since the last cut; for replays
  // Connector's own, opaque: a file's identity, an open split.
  std::string detail;

  bool operator==(const Position&) const = default;
};

// By partition name: a file's path, `topic/partition`. Ordered, so that every shard sees the same order.
using Positions = std::map<std::string, Position>;

struct WaitingInput {
  uint64_t rows = 0;
  uint64_t bytes = 0;
};

// How far a source is, for progress lines and the end of the load. What is not known is 0.
struct SourceProgress {
  uint64_t rows = 0;  // taken by this shard since its start
  uint64_t bytes = 0;
  uint64_t total_bytes = 0;  // of the load
  bool loaded = false;       // everything that was there at the start has been taken
  bool finished = false;     // static and loaded: nothing will ever come
  bool at_until = false;     // a replay: everything up to the end given to Open or Continue has been taken
};

// One source instance on one shard. Take, Positions and the rest are called by the compute thread; decoding happens on
// threads of the source's own, up to a byte budget ahead. All methods return at once.
class Source {
 public:
  virtual ~Source() = default;

  // Starts reading after `from` (a partition that is not named there starts at the source's configured start). With
  // `until`, reads exactly up to it and waits there for Continue: the replay of journaled epochs.
  virtual absl::Status Open(const Positions& from, const std::optional<Positions>& until) = 0;
  // Sets the next end of a replay, or with no value reads on without one. A partition that `until` does not name gives
  // nothing before the next call.
  virtual void Continue(const std::optional<Positions>& until) = 0;

  // What could be taken now.
  virtual WaitingInput Waiting() const = 0;
  // The next decoded batch (up to kBatchRows rows, of one partition); no value: nothing is ready now.
  virtual std::optional<DeltaBatch> Take() = 0;
  // What was taken last belongs together with what Take gives next: both go into one epoch.
  virtual bool InUnit() const { return false; }
  // Of the partitions that moved since the last call. Called at each cut, after the epoch's last Take.
  virtual Positions TakePositions() = 0;

  virtual SourceProgress Progress() const = 0;
  // Not OK: the source cannot go on; the group fails with this reason. What heals (a broker that is away) is not told
  // here but in status and metrics.
  virtual absl::Status Health() const = 0;

  // Largest event time of the partitions of this shard, in microseconds; no value while none is known.
  virtual std::optional<int64_t> EventTimeMicros() const { return std::nullopt; }
};

}  // namespace freshet
