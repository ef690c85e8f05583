// What a sink needs of a broker: a seam, so that a simulation can lose, delay and repeat what a broker would.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/ids.h"

namespace freshet {

// Stands in a record's headers (README.md); orders the records of a partition.
struct SinkMark {
  Epoch epoch;
  uint64_t sequence = 0;  // within the epoch and the partition, from 0

  auto operator<=>(const SinkMark&) const = default;
};

struct SinkRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;  // none: a tombstone
  Epoch history;
  SinkMark mark;
};

// One thread. UNAVAILABLE heals: it is tried again, after other errors with another broker object.
class SinkBroker {
 public:
  virtual ~SinkBroker() = default;

  virtual absl::StatusOr<uint32_t> PartitionCount() = 0;

  struct Tail {
    std::optional<SinkMark> last;  // of this sink's records at or behind `from`; none: there is none
    int64_t end = 0;               // the offset of the next record
  };
  // Reads a partition from `from` (-1: its begin) to its end.
  virtual absl::StatusOr<Tail> ReadTail(uint32_t partition, int64_t from) = 0;

  // The keys of this sink's records in a partition whose last one is no tombstone. Reads all of it.
  virtual absl::StatusOr<std::set<std::string>> LiveKeys(uint32_t partition) = 0;

  // Queues a record; records of a partition stay in order. False: no room now.
  virtual bool Produce(uint32_t partition, const SinkRecord& record) = 0;

  struct Delivery {
    uint32_t partition = 0;
    SinkMark mark;
    int64_t offset = 0;
  };
  // What has become durable since the last call, in the order of each partition; waits for the first. An error: records
  // that were queued may be lost.
  virtual absl::StatusOr<std::vector<Delivery>> Poll(int wait_ms) = 0;
  // What is wrong and being retried; empty: nothing.
  virtual std::string Trouble() const = 0;
};

}  // namespace freshet
