#include "server/supervisor/recovery_extents.h"

#include <algorithm>
#include <set>
#include <utility>

namespace freshet {

void CommittedPositions::Merge(const google::protobuf::RepeatedPtrField<v1::SourceExtent>& positions) {
  for (const v1::SourceExtent& source : positions) {
    for (const v1::PartitionExtent& partition : source.partitions()) {
      int64_t& stands = positions_[source.source()][partition.partition()];
      stands = std::max(stands, partition.start());
    }
  }
}

uint64_t CommittedPositions::Sum() const {
  uint64_t sum = 0;
  for (const auto& [source, partitions] : positions_) {
    for (const auto& [partition, offset] : partitions) sum += static_cast<uint64_t>(offset);
  }
  return sum;
}

google::protobuf::RepeatedPtrField<v1::SourceExtent> CommittedPositions::ToProto() const {
  google::protobuf::RepeatedPtrField<v1::SourceExtent> sources;
  for (const auto& [source, partitions] : positions_) {
    v1::SourceExtent& extent = *sources.Add();
    extent.set_source(source);
    for (const auto& [partition, offset] : partitions) {
      v1::PartitionExtent& each = *extent.add_partitions();
      each.set_partition(partition);
      each.set_start(offset);
    }
  }
  return sources;
}

bool CommittedPositions::HasFound(const v1::SourceExtents& stored) const {
  std::set<std::pair<std::string, std::string>> known;
  for (const v1::SourceExtent& source : stored.sources()) {
    for (const v1::PartitionExtent& partition : source.partitions()) {
      known.emplace(source.source(), partition.partition());
    }
  }
  for (const auto& [source, partitions] : positions_) {
    for (const auto& [partition, offset] : partitions) {
      if (!known.contains({source, partition})) return true;
    }
  }
  return false;
}

v1::SourceExtents CommittedPositions::Raise(const v1::SourceExtents& stored) const {
  v1::SourceExtents raised = stored;
  for (v1::SourceExtent& source : *raised.mutable_sources()) {
    auto found = positions_.find(source.source());
    if (found == positions_.end()) continue;
    for (v1::PartitionExtent& partition : *source.mutable_partitions()) {
      auto position = found->second.find(partition.partition());
      if (position == found->second.end() || partition.end() >= 0) continue;
      partition.set_load_end(std::max(partition.load_end(), position->second));
    }
  }
  return raised;
}

}  // namespace freshet
