// Builds the circuit of a plan on one shard, with an exchange wherever rows must be with their key.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/circuit/circuit_builder.h"
#include "tests/support/plan.h"

namespace freshet {

// May put another operator in front of or around a node's own; for planting errors.
using WrapOperator = std::function<std::unique_ptr<Operator>(const PlanNode& node, std::unique_ptr<Operator> op)>;

// `sources` are of this shard, in the plan's order. Gives the node whose rows are the plan's output.
NodeId BuildPlan(const Plan& plan, std::vector<std::unique_ptr<Source>> sources, ShardId shard, uint16_t shard_count,
                 uint64_t hash_seed, const WrapOperator& wrap, CircuitBuilder& builder);

}  // namespace freshet
