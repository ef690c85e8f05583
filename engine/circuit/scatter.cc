#include "engine/circuit/scatter.h"

#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/circuit/sink_partition.h"
#include "engine/columnar/key_columns.h"

namespace freshet {

Scatter::Scatter(Distribution distribution, KeyColumns key, uint16_t shard_count, uint64_t hash_seed,
                 uint32_t partition_count)
    : distribution_(distribution),
      key_(std::move(key)),
      hash_seed_(hash_seed),
      partition_count_(partition_count),
      pending_(shard_count),
      rows_(shard_count),
      place_(shard_count),
      combiner_(key_, hash_seed) {
  owners_.reserve(kVnodeCount);
  for (uint16_t vnode = 0; vnode < kVnodeCount; ++vnode) owners_.push_back(OwnerOf(VnodeId(vnode), shard_count));
  BufferRef empty_key = HashKeys(DeltaBatch(1, {}), {}, hash_seed);
  gather_to_ = owners_[VnodeOf(empty_key.as<uint64_t>()[0]).value()];
}

void Scatter::Add(const DeltaBatch& batch, std::vector<Block>* ready) {
  if (batch.empty()) return;
  switch (distribution_) {
    case Distribution::kHash:
      AddByHash(batch, ready);
      return;
    case Distribution::kGather:
      AddTo(gather_to_, batch, ready);
      return;
    case Distribution::kBroadcast:
      for (uint16_t shard = 0; shard < pending_.size(); ++shard) AddTo(ShardId(shard), batch, ready);
      return;
    case Distribution::kPartition:
      AddByPartition(batch, ready);
      return;
  }
}

void Scatter::AddByHash(const DeltaBatch& batch, std::vector<Block>* ready) {
  if (!combiner_.Take(batch)) return SpreadByHash(batch, ready);
  if (combiner_.full()) SpreadCombined(ready);
}

void Scatter::SpreadCombined(std::vector<Block>* ready) {
  std::vector<DeltaBatch> combined;
  combiner_.Drain(&combined);
  for (const DeltaBatch& batch : combined) SpreadByHash(batch, ready);
}

void Scatter::SpreadByHash(const DeltaBatch& batch, std::vector<Block>* ready) {
  BufferRef hashes = HashKeys(batch, key_, hash_seed_);
  const uint64_t* hash = hashes.as<uint64_t>();
  DeltaBatch hashed = batch;
  hashed.SetHashes(key_, hashes);

  // Room for all rows everywhere, so that a row is placed without a question.
  for (uint16_t shard = 0; shard < rows_.size(); ++shard) {
    rows_[shard].resize(batch.size());
    place_[shard] = rows_[shard].data();
  }
  for (uint32_t row = 0; row < batch.size(); ++row) *place_[owners_[VnodeOf(hash[row]).value()].value()]++ = row;
  for (uint16_t shard = 0; shard < rows_.size(); ++shard) rows_[shard].resize(place_[shard] - rows_[shard].data());
  AddParts(hashed, ready);
}

void Scatter::AddByPartition(const DeltaBatch& batch, std::vector<Block>* ready) {
  const std::vector<uint32_t> partitions = SinkPartitionsOf(batch, key_, partition_count_);
  const auto shard_count = static_cast<uint16_t>(rows_.size());
  for (std::vector<uint32_t>& rows : rows_) rows.clear();
  for (uint32_t row = 0; row < batch.size(); ++row) {
    rows_[OwnerOfSinkPartition(partitions[row], shard_count).value()].push_back(row);
  }
  AddParts(batch, ready);
}

void Scatter::AddParts(const DeltaBatch& batch, std::vector<Block>* ready) {
  for (uint16_t shard = 0; shard < rows_.size(); ++shard) {
    if (rows_[shard].empty()) continue;
    if (rows_[shard].size() == batch.size()) {
      AddTo(ShardId(shard), batch, ready);
      return;
    }
    DeltaBatch part = GatherBatch(batch, rows_[shard]);
    part.set_paired(false);  // the rows of a pair may have gone apart
    AddTo(ShardId(shard), std::move(part), ready);
  }
}

void Scatter::AddTo(ShardId to, DeltaBatch batch, std::vector<Block>* ready) {
  Pending& pending = pending_[to.value()];
  pending.rows += batch.size();
  pending.bytes += BatchBytes(batch);
  pending.parts.push_back(std::move(batch));
  if (pending.rows >= kBlockRows || pending.bytes >= kBlockBytes) Give(to, ready);
}

void Scatter::Flush(std::vector<Block>* ready) {
  SpreadCombined(ready);
  combiner_.EndStage();
  for (uint16_t shard = 0; shard < pending_.size(); ++shard) {
    if (pending_[shard].rows > 0) Give(ShardId(shard), ready);
  }
}

void Scatter::Give(ShardId to, std::vector<Block>* ready) {
  Pending& pending = pending_[to.value()];
  DeltaBatch batch = pending.parts.size() == 1 ? std::move(pending.parts[0]) : ConcatBatches(pending.parts);
  ready->push_back({to, std::move(batch), pending.bytes});
  pending.parts.clear();
  pending.rows = pending.bytes = 0;
}

}  // namespace freshet
