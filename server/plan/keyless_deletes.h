// Takes deletes for a table without a key: a row is visible max(0, inserts - deletes) times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"

namespace freshet {

struct PlanKeylessDeletes {
  static constexpr std::string_view kName = "keyless_deletes";
};

Relation RelationOf(const PlanKeylessDeletes& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanKeylessDeletes& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanKeylessDeletes& node, Inputs inputs);

}  // namespace freshet
