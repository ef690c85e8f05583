// The last report of one shard, as /metrics takes it.
#pragma once

#include <cstdint>
#include <string>

#include "freshet/v1/shard_service.pb.h"

namespace freshet {

struct ShardMetrics {
  std::string pipeline;  // id
  uint64_t revision = 0;
  uint64_t generation = 0;
  uint32_t shard = 0;
  v1::ShardReport report;
};

}  // namespace freshet
