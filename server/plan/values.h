// Rows of constants: VALUES, and the one row of a SELECT without FROM.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"

namespace freshet {

struct PlanValues {
  static constexpr std::string_view kName = "values";

  std::vector<std::vector<Expression>> rows;  // at least one; they read no column
  std::vector<std::string> names;
};

Relation RelationOf(const PlanValues& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanValues& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanValues& node, Inputs inputs);

}  // namespace freshet
