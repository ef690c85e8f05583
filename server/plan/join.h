// Joins two inputs on equal keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/plan/relation.h"

namespace freshet {

enum class PlanJoinKind : uint8_t { kInner, kLeft, kSemi, kAnti };

std::string_view JoinKindName(PlanJoinKind kind);

struct PlanJoin {
  static constexpr std::string_view kName = "join";

  PlanJoinKind kind = PlanJoinKind::kInner;
  ColumnList left_key;
  ColumnList right_key;
  bool null_safe = false;              // NULL keys are equal to each other
  std::optional<Expression> residual;  // over left columns, then right ones
};

Relation RelationOf(const PlanJoin& node, Inputs inputs);
// Adds what the node computes, its inputs left out, to the text of its fingerprint.
void AppendLogic(const PlanJoin& node, std::string* out);
// What is wrong with the node over its inputs; empty: nothing.
std::string Validate(const PlanJoin& node, Inputs inputs);

}  // namespace freshet
