// Makes the nodes of a join: finds its keys in the condition and puts the rest where it belongs.
#pragma once

#include <string>

#include "freshet/v1/plan.pb.h"
#include "server/definitions/problem_list.h"
#include "server/planner/built_relation.h"

namespace freshet {

BuiltRelation JoinRelations(const v1::Join& join, const std::string& owner, const std::string& path, BuiltRelation left,
                            BuiltRelation right, ProblemList& problems);

}  // namespace freshet
