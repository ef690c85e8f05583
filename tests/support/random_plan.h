// Makes plans, and histories of their input, by chance: the same ones for the same seed.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tests/support/plan.h"
#include "tests/support/random_rows.h"
#include "tests/support/scripted_source.h"

namespace freshet {

// Two or three sources and up to `operators` nodes over them. Some sources give records, of which an upsert or a
// keyless node makes a table; nothing else reads those. With `only`, every node has this kind or is a filter; of a kind
// that makes tables there is one, and nothing behind it.
Plan RandomPlan(Random& random, int operators, std::optional<PlanNode::Kind> only = std::nullopt);

// For each source a script of a few partitions. Of rows: they come, and some of them go again, so that what has come so
// far never has a negative weight, wherever the partitions are cut. Of upserts: rows and deletes of few keys, with
// stamps that grow within a partition. For keyless deletes: rows come and go in any order.
std::vector<std::shared_ptr<Script>> RandomHistory(Random& random, const Plan& plan, int64_t rows);

}  // namespace freshet
