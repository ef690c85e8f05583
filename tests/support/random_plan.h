// Makes plans, and histories of their input, by chance: the same ones for the same seed.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tests/support/plan.h"
#include "tests/support/random_rows.h"
#include "tests/support/scripted_source.h"

namespace freshet {

// Two or three sources and up to `operators` nodes over them. With `only`, every node has this kind or is a filter.
Plan RandomPlan(Random& random, int operators, std::optional<PlanNode::Kind> only = std::nullopt);

// For each source a script of a few partitions: rows come, and some of them go again, so that what has come so far
// never has a negative weight, wherever the partitions are cut.
std::vector<std::shared_ptr<Script>> RandomHistory(Random& random, const Plan& plan, int64_t rows);

}  // namespace freshet
