// Keeps one copy of each row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"

namespace freshet {

struct PlanDistinct {
  static constexpr std::string_view kName = "distinct";
};

Relation RelationOf(const PlanDistinct& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanDistinct& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanDistinct& node, Inputs inputs);

}  // namespace freshet
