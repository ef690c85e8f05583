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
  // What it keeps in memory: "rows of both inputs"; empty: nothing.
  std::string state;
  // How its rows lie over the shards: "by carrier", "on one shard"; empty: on any.
  std::string spread;
};

NodeDescription DescribeNode(const v1::PhysicalPlan& plan, const v1::PhysicalNode& node);

// An expression with the names of columns instead of their numbers.
std::string DescribeExpression(const v1::BoundExpression& expression, const std::vector<std::string>& names);

}  // namespace freshet
