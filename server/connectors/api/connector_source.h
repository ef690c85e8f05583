// A source as the shard sees it: the engine's seam, and what is told about it in status, metrics and dead letters.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/circuit/source.h"
#include "freshet/v1/pipeline.pb.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// How many dead letters a source keeps; older ones (by stamp) make room. Their counts stay exact.
struct DeadLetterLimits {
  uint64_t count = 10'000;
  uint64_t bytes = 16u << 20;
};

// All methods are called by the compute thread and return at once, as those of Source.
class ConnectorSource : public Source {
 public:
  // Rows, bytes, dead letters and unknown fields of what was taken by this shard; message: what is wrong and retried.
  virtual v1::SourceStatus Status() const = 0;

  // Gives the dead letters of everything taken since the last call to `epoch`. Call it at each cut, beside
  // TakePositions.
  virtual void SealDeadLetters(Epoch epoch) = 0;
  // Up to `limit` of those kept of epochs up to `committed` (a later one may come again with another number), after the
  // cursor `after` (empty: from the start), in the order of their cursors: by source, partition, offset. Cursors
  // compare as bytes, also over sources and shards.
  virtual std::vector<v1::DeadLetter> DeadLetters(Epoch committed, std::string_view after, uint32_t limit) const = 0;
};

}  // namespace freshet
