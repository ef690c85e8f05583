#include "server/shard/ingest/position_tracker.h"

#include <algorithm>

namespace freshet {

void PositionTracker::Append(const CutRecord& record) {
  last_ = record.epoch;
  // Only one epoch runs at a time: everything before this cut is committed, its positions may be merged.
  recent_.push_back(record);
}

std::vector<v1::SourceExtent> PositionTracker::PositionsAt(Epoch epoch, const v1::PhysicalPlan& plan) {
  while (!recent_.empty() && recent_.front().epoch <= epoch) {
    const SourcePositions& moved = recent_.front().positions;
    positions_.resize(std::max(positions_.size(), moved.size()));
    for (size_t source = 0; source < moved.size(); ++source) {
      for (const auto& [partition, position] : moved[source]) {
        auto [stands, found] = positions_[source].try_emplace(partition, position.offset);
        if (found) ++partition_count_;
        stands->second = std::max(stands->second, position.offset);
      }
    }
    recent_.pop_front();
  }
  std::vector<v1::SourceExtent> extents;
  for (size_t source = 0; source < positions_.size(); ++source) {
    v1::SourceExtent& extent = extents.emplace_back();
    extent.set_source(plan.sources(static_cast<int>(source)).source());
    for (const auto& [partition, offset] : positions_[source]) {
      v1::PartitionExtent* each = extent.add_partitions();
      each->set_partition(partition);
      each->set_start(offset);
    }
  }
  return extents;
}

}  // namespace freshet
