#include "engine/circuit/sink_partition.h"

#include "engine/base/check.h"
#include "engine/columnar/key_columns.h"

namespace freshet {
namespace {

// Never changes: it is part of where records lie in topics.
constexpr uint64_t kPartitionSeed = 0;

}  // namespace

std::vector<uint32_t> SinkPartitionsOf(const DeltaBatch& batch, std::span<const ColumnIndex> columns,
                                       uint32_t partition_count) {
  CHECK_LT(0u, partition_count);
  KeyColumns all;
  if (columns.empty()) {
    for (uint32_t i = 0; i < batch.column_count(); ++i) all.emplace_back(i);
    columns = all;
  }
  // Not what the batch carries: that is hashed with the seed of the data directory.
  DeltaBatch bare(batch.size(), batch.columns());
  BufferRef hashes = HashKeys(bare, columns, kPartitionSeed);
  std::vector<uint32_t> partitions(batch.size());
  for (uint32_t row = 0; row < batch.size(); ++row) {
    // The high half: the low bits of a product are the weaker ones.
    partitions[row] = static_cast<uint32_t>((hashes.as<uint64_t>()[row] >> 32) * partition_count >> 32);
  }
  return partitions;
}

}  // namespace freshet
