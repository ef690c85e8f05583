// What a correlated query is computed for: the distinct combinations of the values that it takes from the query around
// it. They stand in its FROM as one more relation, and its rows carry them, so that it needs nothing from outside and
// is joined by them (after Neumann and Kemper, Unnesting Arbitrary Queries, 2015).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/sql/bind/name_scope.h"

namespace freshet {

struct Domain {
  // The input of nodes that stands for the combinations until they are known.
  std::string leaf;
  // As they are called in the query around it, and inside of this one.
  logical::Columns columns;

  v1::Node Leaf() const;
};

struct OutputColumn {
  std::string name;      // as users see it
  std::string internal;  // of the node
};

// The node gives exactly these columns, and behind them those of the domain it was bound in.
struct BoundQuery {
  v1::Node node;
  std::vector<OutputColumn> columns;
};

// A query with what it takes from the query around it: nothing, if `domain` has no columns.
struct DependentQuery {
  BoundQuery query;
  Domain domain;
};

// A node on its way, with the columns that it gives.
struct Subject {
  v1::Node node;
  logical::Columns columns;
  // The node before subqueries were joined to it: enough to make domains from, and smaller. May give more rows.
  v1::Node base;
  logical::Columns base_columns;

  void KeepAsBase() {
    base = node;
    base_columns = columns;
  }
  // Rows that have all that the expressions read.
  const v1::Node& RowsFor(const std::vector<v1::Expression>& expressions) const;
};

// A dependent query whose domain was made from a subject: to be joined to it on the conditions. Its domain columns have
// names of their own.
struct AttachedQuery {
  v1::Node node;
  std::vector<v1::Expression> conditions;
  std::vector<std::string> domain_columns;
};

// Makes an expression over columns of the query around it one over the subject's columns: they differ behind GROUP BY.
// false: errors were added.
using AdjustExpression = std::function<bool(v1::Expression*)>;

// No value: errors were added.
std::optional<AttachedQuery> AttachDomain(DependentQuery query, const Subject& subject, const AdjustExpression& adjust,
                                          FreshNames& names, std::vector<ExpressionError>& errors);

}  // namespace freshet
