// Reads one source instance of a table: some of its columns, and the stamps if asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"
#include "server/plan/table_declaration.h"

namespace freshet {

struct PlanScan {
  static constexpr std::string_view kName = "scan";

  std::shared_ptr<const TableDeclaration> table;
  uint32_t binding = 0;  // which of the table's sources
  ColumnList columns;    // of the table, in the order of the output
  bool stamped = false;  // stamp_time, stamp_partition, stamp_offset follow
};

Relation RelationOf(const PlanScan& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanScan& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanScan& node, Inputs inputs);

}  // namespace freshet
