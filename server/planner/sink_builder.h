// Checks a sink of the definition against what it reads and what its connector takes.
#pragma once

#include <optional>

#include "freshet/v1/plan.pb.h"
#include "server/definitions/problem_list.h"
#include "server/planner/built_relation.h"
#include "server/planner/compile.h"

namespace freshet {

// `from`: what the sink reads; nullptr where there is no such thing, which has been told. `declared_key`: the key that
// the view or table declares. No value: something is wrong; that has been told.
std::optional<PlanSink> BuildSink(const v1::Sink& sink, const BuiltRelation* from, const ColumnList& declared_key,
                                  const CompileContext& context, ProblemList& problems);

}  // namespace freshet
