#include "server/pipelines/change_merge.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/columnar/batch_codec.h"

namespace freshet {

ChangeMerge::ChangeMerge(const Schema& schema, uint32_t shard_count, uint64_t after, uint64_t part_bytes)
    : part_bytes_(part_bytes), shards_(shard_count) {
  for (const Field& field : schema) types_.push_back(field.type);
  for (Shard& shard : shards_) shard.known = after;
}

absl::Status ChangeMerge::Add(uint32_t number, const v1::ReadResponse& response) {
  Shard& shard = shards_[number];
  uint64_t last = 0;
  for (const v1::EpochChanges& changes : response.changes()) {
    ASSIGN_OR_RETURN(DeltaBatch rows, DecodeBatch(changes.batch(), types_));
    if (changes.epoch() < last || changes.epoch() <= shard.known) {
      return absl::InvalidArgumentError("a shard gave changes out of order");
    }
    last = changes.epoch();
    shard.pieces.push_back({changes.epoch(), std::move(rows), changes.batch().size()});
  }
  shard.cursor = response.changes_cursor();
  shard.part = last > response.covered_epoch() ? last : 0;
  // What stands before the part of an epoch is whole, also where no epoch changed anything.
  shard.known = std::max({shard.known, response.covered_epoch(), shard.part > 0 ? shard.part - 1 : 0});
  return absl::OkStatus();
}

std::optional<ChangeMerge::Part> ChangeMerge::Take() {
  uint64_t epoch = UINT64_MAX;
  for (const Shard& shard : shards_) {
    if (!shard.pieces.empty()) epoch = std::min(epoch, shard.pieces.front().epoch);
  }
  if (epoch == UINT64_MAX) return std::nullopt;
  bool whole = true;
  for (const Shard& shard : shards_) {
    if (shard.known >= epoch) continue;
    whole = false;
    if (shard.part != epoch) return std::nullopt;  // it may have an older one
  }
  Part part;
  part.epoch = epoch;
  part.continued = in_part_;
  uint64_t bytes = 0;
  for (Shard& shard : shards_) {
    while (!shard.pieces.empty() && shard.pieces.front().epoch == epoch) {
      if (bytes > 0 && bytes + shard.pieces.front().bytes > part_bytes_) {
        part.partial = in_part_ = true;
        return part;
      }
      bytes += shard.pieces.front().bytes;
      part.rows.push_back(std::move(shard.pieces.front().rows));
      shard.pieces.pop_front();
    }
  }
  part.partial = in_part_ = !whole;
  return part;
}

std::vector<ChangeMerge::Question> ChangeMerge::Behind() const {
  std::vector<Question> questions;
  for (uint32_t i = 0; i < shards_.size(); ++i) {
    if (shards_[i].pieces.empty() && !shards_[i].cursor.empty()) questions.push_back({i, shards_[i].cursor});
  }
  return questions;
}

uint64_t ChangeMerge::covered() const {
  uint64_t covered = UINT64_MAX;
  for (const Shard& shard : shards_) {
    covered = std::min(covered, shard.known);
    if (!shard.pieces.empty()) covered = std::min(covered, shard.pieces.front().epoch - 1);
  }
  return covered;
}

}  // namespace freshet
