// What the server knows of a group at one moment, for the pipeline resource, reads and metrics.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "freshet/v1/catalog.pb.h"
#include "freshet/v1/pipeline.pb.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

struct GroupStatus {
  v1::Pipeline::State state = v1::Pipeline::STOPPED;
  std::string reason;
  std::string reason_code;  // of the error list, for FAILED
  uint64_t revision = 0;
  uint64_t generation = 0;
  uint64_t epoch = 0;
  uint32_t restarts = 0;
  uint64_t refused_reads = 0;
  std::vector<v1::ShardReport> reports;  // by shard, as far as they came
};

// The reports of all shards as one status. Views and sources come in the plan's order.
v1::PipelineStatus CombineReports(const GroupStatus& group, const v1::PhysicalPlan& plan);

// OK: rows can be asked for. Else the error with its code (HYDRATING, RECOVERING, NOT_RUNNING, PIPELINE_FAILED).
absl::Status CheckServing(v1::Pipeline::State state, const std::string& id, const std::string& reason);

}  // namespace freshet
