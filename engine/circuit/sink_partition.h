// Which partition of a sink a row goes to, and which shard writes it. Stable: the same for every data directory and
// every number of shards, since the records of a key must stay in one partition.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/ids.h"
#include "engine/columnar/delta_batch.h"

namespace freshet {

// By row; `columns` empty: by the whole row. `partition_count` is above 0.
std::vector<uint32_t> SinkPartitionsOf(const DeltaBatch& batch, std::span<const ColumnIndex> columns,
                                       uint32_t partition_count);

inline ShardId OwnerOfSinkPartition(uint32_t partition, uint16_t shard_count) {
  return ShardId(static_cast<uint16_t>(partition % shard_count));
}

}  // namespace freshet
