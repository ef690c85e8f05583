// Makes the sink instances of one shard from the plan and the stored extents.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/sink_connector.h"

namespace freshet {

// By the plan's sink numbers: how many partitions each has (0: none).
absl::StatusOr<std::vector<uint32_t>> SinkPartitionCounts(const v1::PhysicalPlan& plan,
                                                          const v1::SourceExtents& extents);

// By the plan's sink numbers. Nothing is written before their Start. Error: which sink cannot be used, and why.
absl::StatusOr<std::vector<std::unique_ptr<ConnectorSink>>> OpenSinks(const v1::PhysicalPlan& plan,
                                                                      const v1::SourceExtents& extents,
                                                                      const SinkContext& context);

using OpenSinksFunction = std::function<absl::StatusOr<std::vector<std::unique_ptr<ConnectorSink>>>(
    const v1::PhysicalPlan&, const v1::SourceExtents&, const SinkContext&)>;

}  // namespace freshet
