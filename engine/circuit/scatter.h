// Spreads the rows of one exchange over the shards, and collects them per shard until a block is worth sending.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/circuit/circuit_builder.h"
#include "engine/circuit/row_combiner.h"

namespace freshet {

class Scatter {
 public:
  // A block is due at this many rows or bytes, or at the end of the stage. About half of what one of two shards is
  // given of a full batch: that goes as it is, and is not copied once more to be put together with the next.
  static constexpr size_t kBlockRows = 512;
  static constexpr size_t kBlockBytes = 64 * 1024;

  struct Block {
    ShardId to;
    DeltaBatch batch;
    size_t bytes = 0;  // BatchBytes
  };

  // `partition_count`: of Distribution::kPartition only.
  Scatter(Distribution distribution, KeyColumns key, uint16_t shard_count, uint64_t hash_seed,
          uint32_t partition_count = 0);

  // Takes rows; appends the blocks that are due to `ready`.
  void Add(const DeltaBatch& batch, std::vector<Block>* ready);
  // Appends all that is left.
  void Flush(std::vector<Block>* ready);

 private:
  struct Pending {
    std::vector<DeltaBatch> parts;
    size_t rows = 0;
    size_t bytes = 0;
  };

  void AddByHash(const DeltaBatch& batch, std::vector<Block>* ready);
  void SpreadByHash(const DeltaBatch& batch, std::vector<Block>* ready);
  void SpreadCombined(std::vector<Block>* ready);
  void AddByPartition(const DeltaBatch& batch, std::vector<Block>* ready);
  // Spreads what rows_ tells.
  void AddParts(const DeltaBatch& batch, std::vector<Block>* ready);
  void AddTo(ShardId to, DeltaBatch batch, std::vector<Block>* ready);
  void Give(ShardId to, std::vector<Block>* ready);

  Distribution distribution_;
  KeyColumns key_;
  uint64_t hash_seed_;
  uint32_t partition_count_;
  ShardId gather_to_;
  std::vector<ShardId> owners_;              // by vnode
  std::vector<Pending> pending_;             // by shard
  std::vector<std::vector<uint32_t>> rows_;  // scratch, by shard
  std::vector<uint32_t*> place_;             // scratch, by shard: of its next row
  RowCombiner combiner_;                     // kHash
};

}  // namespace freshet
