// Reads a definition, whatever its form, into one logical plan.
#pragma once

#include "freshet/v1/pipeline.pb.h"
#include "freshet/v1/plan.pb.h"
#include "server/definitions/places.h"
#include "server/definitions/problem_list.h"
#include "server/definitions/script_reader.h"

namespace freshet {

// Files are merged in their order: a later one may replace the sources of tables by name, set options and the name, and
// add tables, views and sinks; `only: VIEW` keeps that view alone. What can be read is read, also where there are
// problems.
v1::Plan ReadDefinition(const v1::Definition& definition, const ScriptReader& scripts, Places& places,
                        ProblemList& problems);

}  // namespace freshet
