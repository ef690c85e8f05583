// Reads tables, their columns and their sources of a definition's text into the logical plan.
#pragma once

#include <string>

#include "freshet/v1/plan.pb.h"
#include "server/definitions/document.h"
#include "server/definitions/problem_list.h"

namespace freshet {

void ReadTable(const std::string& name, const DocumentNode& node, const std::string& path, v1::Table& out,
               ProblemList& problems);

}  // namespace freshet
