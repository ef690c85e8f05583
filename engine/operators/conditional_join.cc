#include "engine/operators/conditional_join.h"

#include <algorithm>

#include "engine/base/key_hash.h"
#include "engine/columnar/key_columns.h"

namespace freshet {
namespace {

// Weights: the left row's own, and that of its pairs.
int64_t VisibleMatched(const RowWeights::Weights& weights) { return weights[1] > 0 ? weights[0] : 0; }
int64_t VisibleUnmatched(const RowWeights::Weights& weights) { return weights[1] > 0 ? 0 : weights[0]; }

}  // namespace

ConditionalJoin::ConditionalJoin(Kind kind, const JoinOptions& options)
    : kind_(kind),
      left_key_(options.left.key),
      hash_seed_(options.hash_seed),
      join_(options, SymmetricJoin::LayoutOf(options), KeyedRows::Cells::kKept),
      left_rows_({.types = options.left.types,
                  .visible = kind == Kind::kSemi ? VisibleMatched : VisibleUnmatched,
                  .padding = kind == Kind::kLeft ? options.right.types : std::vector<DataType>(),
                  .node = options.node,
                  .slots = {"left_rows", "left_pairs"},
                  .hash_seed = options.hash_seed}) {
  CHECK(options.condition.has_value()) << "without a condition, LeftJoin and SemiJoin keep less";
  for (uint32_t i = 0; i < options.left.types.size(); ++i) left_columns_.push_back(ColumnIndex(i));
}

Progress ConditionalJoin::Push(PortIndex port, const DeltaBatch& batch, Output& out) {
  weights_seen_ |= batch.weights() != nullptr;
  join_.Insert(port, batch);
  if (port == SymmetricJoin::kLeft) AddLeftRows(batch);
  Output pairs(out.room());
  const Progress progress = join_.StartProbe(port, batch, pairs);
  return TakePairs(progress, pairs, out);
}

Progress ConditionalJoin::TakePairs(Progress progress, Output& pairs, Output& out) {
  for (;;) {
    for (DeltaBatch& batch : pairs.TakeBatches()) {
      left_rows_.Add(1, batch, HashLeftRows(batch));
      if (kind_ == Kind::kLeft) out.Emit(std::move(batch));
    }
    if (progress == Progress::kDone) break;
    if (out.full()) return Progress::kMore;
    progress = join_.ContinueProbe(pairs);
  }
  if (weights_seen_) join_.RetireEmpty();
  return Progress::kDone;
}

// All but those with ERROR in the key. A NULL key is in no pair.
void ConditionalJoin::AddLeftRows(const DeltaBatch& batch) {
  const std::span<const uint32_t> errors = join_.left().keys().error_rows();
  if (errors.empty()) return left_rows_.Add(0, batch, HashLeftRows(batch));
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < batch.size(); ++row) {
    if (!std::ranges::binary_search(errors, row)) rows.push_back(row);
  }
  const DeltaBatch kept = GatherBatch(batch, rows);
  left_rows_.Add(0, kept, HashLeftRows(kept));
}

// The vnode is that of the join's key, so that all states of a row are on one shard.
BufferRef ConditionalJoin::HashLeftRows(const DeltaBatch& batch) const {
  const BufferRef keys = HashKeys(batch, left_key_, hash_seed_), rows = HashKeys(batch, left_columns_, hash_seed_);
  BufferRef hashes = BufferRef::Of<uint64_t>(batch.size());
  constexpr uint64_t kVnodeMask = ~uint64_t{0} << (64 - kVnodeBits);
  for (uint32_t row = 0; row < batch.size(); ++row) {
    hashes.mutable_as<uint64_t>()[row] =
        (keys.as<uint64_t>()[row] & kVnodeMask) | (rows.as<uint64_t>()[row] & ~kVnodeMask);
  }
  return hashes;
}

Progress ConditionalJoin::Seal(const SealContext&, Output& out) {
  sealing_ = true;
  return Resume(out);
}

Progress ConditionalJoin::Resume(Output& out) {
  if (!sealing_) {
    Output pairs(out.room());
    const Progress progress = join_.ContinueProbe(pairs);
    return TakePairs(progress, pairs, out);
  }
  if (left_rows_.Emit(out) == Progress::kMore) return Progress::kMore;
  sealing_ = false;
  weights_seen_ = false;
  return Progress::kDone;
}

void ConditionalJoin::SaveDirty(StateWriter& writer) {
  join_.SaveDirty(writer);
  left_rows_.SaveDirty(writer);
}

absl::Status ConditionalJoin::Load(StateReader& reader, VnodeId vnode) {
  RETURN_IF_ERROR(join_.Load(reader, vnode));
  return left_rows_.Load(reader, vnode);
}

}  // namespace freshet
