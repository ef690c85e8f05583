// What EXPLAIN says of one node, whatever its form.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "freshet/v1/physical_plan.pb.h"

namespace freshet {

struct NodeDescription {
  std::string kind;  // "filter"
  // In the order of interest: {"condition", "(dep_delay > 15)"}.
  std::vector<std::pair<std::string, std::string>> details;
  bool keeps_state = false;
};

NodeDescription DescribeNode(const v1::PhysicalPlan& plan, const v1::PhysicalNode& node);

// An expression with the names of columns instead of their numbers.
std::string DescribeExpression(const v1::BoundExpression& expression, const std::vector<std::string>& names);

}  // namespace freshet
