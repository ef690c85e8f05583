#include "server/supervisor/recovery_extents.h"

#include <algorithm>

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

v1::SourceExtents CommittedPositions::Raise(const v1::SourceExtents& stored) const {
  v1::SourceExtents raised = stored;
  for (v1::SourceExtent& source : *raised.mutable_sources()) {
    auto found = positions_.find(source.source());
    if (found == positions_.end()) continue;
    std::map<std::string, int64_t> left = found->second;
    for (v1::PartitionExtent& partition : *source.mutable_partitions()) {
      auto position = left.find(partition.partition());
      if (position == left.end()) continue;
      if (partition.end() < 0) partition.set_load_end(std::max(partition.load_end(), position->second));
      left.erase(position);
    }
    for (const auto& [partition, offset] : left) {
      v1::PartitionExtent& each = *source.add_partitions();
      each.set_partition(partition);
      each.set_end(-1);
      each.set_load_end(offset);
    }
  }
  return raised;
}

}  // namespace freshet
