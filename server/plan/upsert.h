// Turns records of a table with a primary key into changes: the newest one of a key is its row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"

namespace freshet {

struct PlanUpsert {
  static constexpr std::string_view kName = "upsert";

  ColumnList key;
  std::optional<uint32_t> version;  // else by stamp
  int64_t tombstone_retention_micros = 0;
};

Relation RelationOf(const PlanUpsert& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanUpsert& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanUpsert& node, Inputs inputs);

}  // namespace freshet
