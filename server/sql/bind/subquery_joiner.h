// How subqueries of a query become joins; server/sql/decorrelate does it.
#pragma once

#include <functional>
#include <optional>

#include "server/sql/bind/from_binder.h"

namespace freshet {

class SubqueryJoiner {
 public:
  virtual ~SubqueryJoiner() = default;

  // Keeps the rows of `subject` for which an EXISTS, IN, ANY or ALL holds, or its negation. false: errors were added.
  virtual bool JoinCondition(QueryBinder& queries, const Syntax& subquery, bool negated, const NameScope& scope,
                             Subject* subject) const = 0;

  // Makes an expression over columns of the query one over columns of the subject: they differ behind GROUP BY.
  using Adjust = std::function<bool(v1::Expression*)>;

  // Adds a column with the value of a query to `subject`; its name is `column`. false: errors were added.
  virtual bool JoinValue(QueryBinder& queries, const Syntax& subquery, const NameScope& scope, const Adjust& adjust,
                         const std::string& column, Subject* subject) const = 0;
};

}  // namespace freshet
