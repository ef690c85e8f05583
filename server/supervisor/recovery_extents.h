// Says up to where a restarted group must read before it shows results again.
#pragma once

#include <map>
#include <string>

#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// Where each partition of each source was at the last commit that the server heard of.
class CommittedPositions {
 public:
  void Merge(const google::protobuf::RepeatedPtrField<v1::SourceExtent>& positions);
  void Clear() { positions_.clear(); }
  bool empty() const { return positions_.empty(); }

  // Records and bytes read, over all partitions: grows with progress.
  uint64_t Sum() const;
  google::protobuf::RepeatedPtrField<v1::SourceExtent> ToProto() const;

  // Whether a partition was found while the group ran: the stored extents do not have it, so the connectors must be
  // asked anew.
  bool HasFound(const v1::SourceExtents& stored) const;
  // The stored extents with every load reaching at least as far as these positions.
  v1::SourceExtents Raise(const v1::SourceExtents& stored) const;

 private:
  std::map<std::string, std::map<std::string, int64_t>> positions_;  // by source, by partition
};

}  // namespace freshet
