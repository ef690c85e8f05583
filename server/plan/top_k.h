// Keeps the first rows of each group in an order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/ordered_row_codec.h"
#include "server/plan/relation.h"

namespace freshet {

struct PlanTopK {
  static constexpr std::string_view kName = "top_k";
  // Far above any use, and far below where counting rows would overflow.
  static constexpr uint64_t kMaxRows = uint64_t{1} << 48;

  ColumnList group;  // empty: all rows
  std::vector<SortColumn> order;
  uint64_t limit = 0;
  uint64_t offset = 0;
};

Relation RelationOf(const PlanTopK& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanTopK& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanTopK& node, Inputs inputs);

}  // namespace freshet
