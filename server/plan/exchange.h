// Moves rows to the shard that owns them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"

namespace freshet {

struct PlanExchange {
  static constexpr std::string_view kName = "exchange";

  Partitioning partitioning;  // kHash or kGather
};

Relation RelationOf(const PlanExchange& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanExchange& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanExchange& node, Inputs inputs);

}  // namespace freshet
