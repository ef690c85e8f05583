// Makes the source instances of one shard from the plan and the stored extents.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/connector.h"

namespace freshet {

// By the plan's source numbers. Nothing is read before their Open. Error: which source cannot be used, and why.
absl::StatusOr<std::vector<std::unique_ptr<ConnectorSource>>> OpenSources(const v1::PhysicalPlan& plan,
                                                                          const v1::SourceExtents& extents,
                                                                          const SourceContext& context);

using OpenSourcesFunction = std::function<absl::StatusOr<std::vector<std::unique_ptr<ConnectorSource>>>(
    const v1::PhysicalPlan&, const v1::SourceExtents&, const SourceContext&)>;

}  // namespace freshet
