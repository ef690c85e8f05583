// Keeps the rows for which a condition is true.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"

namespace freshet {

struct PlanFilter {
  static constexpr std::string_view kName = "filter";

  Expression condition;
};

Relation RelationOf(const PlanFilter& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanFilter& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanFilter& node, Inputs inputs);

}  // namespace freshet
