// Checks a table's declaration and makes the nodes that read it.
#pragma once

#include "freshet/v1/plan.pb.h"
#include "server/definitions/problem_list.h"
#include "server/planner/built_relation.h"
#include "server/planner/compile.h"

namespace freshet {

// Source instances, their union, then what turns records into changes: upsert for a table with a primary key, keyless
// deletes for one that takes deletes without one.
BuiltRelation BuildTable(const v1::Table& table, const CompileContext& context, ProblemList& problems);

}  // namespace freshet
