// Groups by key columns; gives the key, then one column for each call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/sort_key.h"
#include "server/plan/relation.h"

namespace freshet {

struct PlanSortColumn {
  uint32_t column = 0;
  SortOrder order;

  bool operator==(const PlanSortColumn&) const = default;
};

struct PlanAggregateCall {
  std::string function;
  ColumnList arguments;            // none: count(*)
  std::optional<uint32_t> filter;  // a boolean column
  DataType type;
  uint32_t semantic_version = 1;
  bool distinct = false;
  std::vector<PlanSortColumn> order;
  std::vector<Datum> parameters;  // constants of the function's parameter types
  std::vector<DataType> parameter_types;

  bool operator==(const PlanAggregateCall&) const = default;
};

struct PlanAggregate {
  static constexpr std::string_view kName = "aggregate";

  ColumnList key;  // none: one row, also over nothing
  std::vector<PlanAggregateCall> calls;
  std::vector<std::string> names;  // of the calls' columns
};

Relation RelationOf(const PlanAggregate& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanAggregate& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanAggregate& node, Inputs inputs);

}  // namespace freshet
