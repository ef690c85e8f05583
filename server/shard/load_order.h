// Which source a load takes last: what is joined with it is complete then, and its own rows need not be kept.
#pragma once

#include <vector>

#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// Per source of the plan. Where all sources are static files: the largest one, if an inner join has it on one side.
// Empty: none.
std::vector<bool> SourcesLoadedLast(const v1::PhysicalPlan& plan, const v1::SourceExtents& extents);

}  // namespace freshet
