// Shows a physical plan to people (an indented tree for each view and sink) and to programs (JSON).
#pragma once

#include <string>

#include "freshet/v1/physical_plan.pb.h"

namespace freshet {

// Each view and sink with the nodes that lead to it, nearest first: what they do, their keys, exchanges, what keeps
// state, what is known of them. A node that was shown before is named only.
std::string ExplainText(const v1::PhysicalPlan& plan);

// {"views":[...],"sinks":[...],"nodes":[...]}; nodes in the order of the plan.
std::string ExplainJson(const v1::PhysicalPlan& plan);

}  // namespace freshet
