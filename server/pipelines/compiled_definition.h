// What becomes of a definition before it is stored: the seam to the planner.
#pragma once

#include <functional>
#include <string>

#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/pipeline.pb.h"
#include "freshet/v1/pipeline_service.pb.h"
#include "freshet/v1/plan.pb.h"

namespace freshet {

struct CompiledDefinition {
  v1::Problems problems;
  // Only where no problem is an ERROR:
  v1::Plan plan;
  v1::PhysicalPlan physical;
  std::string explain_text;
  std::string explain_json;
};

// Any thread; takes milliseconds.
using CompileDefinition = std::function<CompiledDefinition(const v1::Definition&)>;

// What a changed definition means for a pipeline that runs.
enum class DefinitionChange : uint8_t {
  kNone,     // equal
  kOptions,  // the same work under other options: its shards start again from the same extents
  kWork,     // starts anew
};
DefinitionChange CompareDefinitions(const v1::Plan& before_plan, const v1::PhysicalPlan& before,
                                    const v1::Plan& after_plan, const v1::PhysicalPlan& after);

}  // namespace freshet
