// How subqueries of a query become joins; server/sql/decorrelate does it.
#pragma once

#include <optional>

#include "server/sql/bind/from_binder.h"

namespace freshet {

class SubqueryJoiner {
 public:
  virtual ~SubqueryJoiner() = default;

  // Keeps the rows of `subject` for which an EXISTS, IN, ANY or ALL holds, or its negation. false: errors were added.
  virtual bool JoinCondition(QueryBinder& queries, const Syntax& subquery, bool negated, const NameScope& scope,
                             Subject* subject) const = 0;

  // Adds a column with the value of a subquery of any kind to `subject`; its name is `column`. `operand`, of IN, ANY
  // and ALL, is over the subject's columns. false: errors were added.
  virtual bool JoinValue(QueryBinder& queries, const Syntax& subquery, const std::optional<v1::Expression>& operand,
                         const NameScope& scope, const AdjustExpression& adjust, const std::string& column,
                         Subject* subject) const = 0;
};

}  // namespace freshet
