// Remembers where the sources of all shards stand, from the cuts: the journal of this release, which lives in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engine/runtime/journal.h"
#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// Shard 0, on the compute thread. A cut is durable at once: recovery reads the sources again from their stored starts.
class PositionTracker : public Journal {
 public:
  void Append(const CutRecord& record) override;
  Epoch DurableEpoch() const override { return last_; }

  // Of which positions are known; grows.
  size_t partition_count() const { return partition_count_; }
  // Where the sources stood at the end of `epoch` (or at the last cut up to it), by the plan's source names.
  std::vector<v1::SourceExtent> PositionsAt(Epoch epoch, const v1::PhysicalPlan& plan);

 private:
  Epoch last_;
  size_t partition_count_ = 0;
  std::deque<CutRecord> recent_;                           // not yet part of the positions
  std::vector<std::map<std::string, int64_t>> positions_;  // by source, by partition
};

}  // namespace freshet
