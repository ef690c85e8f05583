// Makes the nodes of an aggregate: a project of what it reads, the aggregate, a project of its values.
#pragma once

#include <string>

#include "freshet/v1/plan.pb.h"
#include "server/definitions/problem_list.h"
#include "server/planner/built_relation.h"

namespace freshet {

BuiltRelation AggregateRelation(const v1::Aggregate& aggregate, const std::string& owner, const std::string& path,
                                const BuiltRelation& input, ProblemList& problems);

}  // namespace freshet
