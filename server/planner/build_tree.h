// Turns a logical plan into the planner's tree: resolves names, binds expressions, reports everything that is wrong.
#pragma once

#include "freshet/v1/plan.pb.h"
#include "server/definitions/problem_list.h"
#include "server/plan/plan_node.h"
#include "server/planner/compile.h"

namespace freshet {

// The tree of what is kept (materialized tables and views) and what they need; what nobody reads is checked all the
// same. The result is of use only if no ERROR was added.
PlanTree BuildTree(const v1::Plan& plan, const CompileContext& context, ProblemList& problems);

}  // namespace freshet
