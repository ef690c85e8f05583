// A node on its way into the tree, with the names by which expressions may address its columns.
#pragma once

#include "server/plan/plan_node.h"
#include "server/sql/bind/scope.h"

namespace freshet {

struct BuiltRelation {
  // nullptr: something in it or below it is wrong; that has been told.
  PlanRef node;
  // The names are known even where some column's type is not. Empty and !named: not even they are.
  Scope scope;
  bool named = false;
};

}  // namespace freshet
