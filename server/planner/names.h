// The rules for names in definitions.
#pragma once

#include <string>
#include <string_view>

#include "server/definitions/problem_list.h"

namespace freshet {

// Of tables and views: they stand in SQL, URLs and metrics. A letter or underscore, then letters, digits, underscores;
// at most 63.
void CheckName(const std::string& name, std::string_view what, const std::string& path, ProblemList& problems);
// Of columns: they are fields of records, so anything goes that is not empty; at most 255 bytes.
void CheckColumnName(const std::string& name, const std::string& path, ProblemList& problems);
// Of the pipeline: [a-z][a-z0-9_-]{0,62}; empty is left to the caller.
void CheckPipelineName(const std::string& name, ProblemList& problems);

}  // namespace freshet
