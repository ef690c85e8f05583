// Computes a plan from all of its input at once, in the plainest way, without any of the engine's operators, functions
// or hashes: what tests hold the engine's results against.
#pragma once

#include <vector>

#include "engine/columnar/text_form.h"
#include "tests/support/plan.h"

namespace freshet {

// The relation of every node, given those of the sources (in their order). Weights of the sources are not negative.
std::vector<ZSet> ComputeNaively(const Plan& plan, const std::vector<ZSet>& sources);

}  // namespace freshet
