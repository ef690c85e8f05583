// GROUP BY with GROUPING SETS, ROLLUP and CUBE, written out as the sets of keys by which rows are grouped.
#pragma once

#include <optional>
#include <vector>

#include "server/sql/parse/query.h"

namespace freshet {

using GroupingSet = std::vector<SyntaxRef>;

// Without such a construct one set of all keys. No value: they are too many; an error was added.
std::optional<std::vector<GroupingSet>> GroupingSetsOf(const std::vector<GroupingItem>& group_by,
                                                       std::vector<ExpressionError>& errors);

}  // namespace freshet
