// Writes the placed tree down as the physical plan, which is stored with the revision and sent to all shards.
#pragma once

#include <cstdint>

#include "freshet/v1/physical_plan.pb.h"
#include "server/plan/plan_node.h"

namespace freshet {

// Node i's inputs are smaller than i; the views' nodes and then the sinks' stand last.
v1::PhysicalPlan MakePhysicalPlan(const PlanTree& tree, uint64_t hash_seed);

}  // namespace freshet
