// Computes the output columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"

namespace freshet {

struct PlanProject {
  static constexpr std::string_view kName = "project";

  std::vector<Expression> columns;
  std::vector<std::string> names;
};

Relation RelationOf(const PlanProject& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanProject& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanProject& node, Inputs inputs);

}  // namespace freshet
