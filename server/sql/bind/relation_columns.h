// The names of the columns that a node of the logical plan gives.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "freshet/v1/plan.pb.h"

namespace freshet {

// Of a table or view of the plan. No value: there is none, or its columns are not known (views that read each other).
std::optional<std::vector<std::string>> RelationColumns(const v1::Plan& plan, const std::string& relation);

}  // namespace freshet
