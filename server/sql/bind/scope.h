// The columns that an expression may name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/columnar/types.h"
#include "server/sql/bind/relation_names.h"

namespace freshet {

struct ScopeColumn {
  std::string name;
  RelationNames relations;
  // No value: what gives it is wrong, which has been said; what reads it is not bound, and nothing more is said.
  std::optional<DataType> type;
};

// Column i of a scope is column i of the relation.
using Scope = std::vector<ScopeColumn>;

// A scope of bare names.
Scope ScopeOf(const Schema& schema);

// Adds a name by which all columns may be qualified.
void AddRelation(Scope& scope, const std::string& relation);
// Makes it the only one.
void SetRelation(Scope& scope, const std::string& relation);

}  // namespace freshet
