#include "server/planner/compile.h"

#include <algorithm>

#include "engine/base/str_cat.h"
#include "server/definitions/places.h"
#include "server/definitions/problem_list.h"
#include "server/definitions/read_definition.h"
#include "server/planner/build_tree.h"
#include "server/planner/physical_plan.h"
#include "server/planner/rule_list.h"
#include "server/sql/sql_scripts.h"

namespace freshet {

bool CompileResult::ok() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const v1::Problem& problem) { return problem.severity() == v1::Problem::ERROR; });
}

namespace {

// A table without a source is filled over HTTP, and keeps its rows.
v1::Plan WithHttpTables(v1::Plan plan) {
  for (v1::Table& table : *plan.mutable_tables()) {
    if (!table.sources().empty()) continue;
    table.add_sources()->set_connector("http");
    table.set_materialized(true);
  }
  return plan;
}

}  // namespace

CompileResult Compile(const v1::Definition& definition, const CompileContext& context) {
  CompileResult result;
  Places places;
  ProblemList problems;
  result.plan = ReadDefinition(definition, SqlScripts(), places, problems);
  bool readable = !problems.has_errors() || result.plan.tables_size() + result.plan.views_size() > 0;
  if (readable) {
    PlanTree tree = BuildTree(WithHttpTables(result.plan), context, problems);
    if (!problems.has_errors()) result.physical = MakePhysicalPlan(ApplyRules(std::move(tree)), context.hash_seed);
  }
  result.problems = places.Locate(problems);
  if (problems.dropped() > 0) {
    v1::Problem more;
    more.set_code("INVALID_DEFINITION");
    more.set_message(StrCat("there are ", problems.dropped(), " more problems"));
    result.problems.push_back(std::move(more));
  }
  return result;
}

}  // namespace freshet
