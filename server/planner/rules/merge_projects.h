#pragma once

#include "server/plan/plan_node.h"

namespace freshet {

// Removes projects that give their input's columns as they are, and merges a project into the one above it where that
// computes nothing twice.
PlanTree MergeProjects(const PlanTree& tree);

}  // namespace freshet
