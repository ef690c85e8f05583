// Gives the rows of a table function for each row: kept columns, then the function's column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/functions/table/table_function.h"
#include "server/plan/relation.h"

namespace freshet {

struct PlanFlatMap {
  static constexpr std::string_view kName = "flat_map";

  const TableFunction* function = nullptr;
  std::vector<Expression> arguments;
  ColumnList keep;
  std::string column_name;
};

Relation RelationOf(const PlanFlatMap& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanFlatMap& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanFlatMap& node, Inputs inputs);

}  // namespace freshet
