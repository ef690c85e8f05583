// Puts the rows of inputs of equal types together (UNION ALL).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"

namespace freshet {

struct PlanUnion {
  static constexpr std::string_view kName = "union";
};

Relation RelationOf(const PlanUnion& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanUnion& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanUnion& node, Inputs inputs);

}  // namespace freshet
