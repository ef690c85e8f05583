// Makes joins of subqueries.
#pragma once

#include "server/sql/bind/subquery_joiner.h"

namespace freshet {

class JoinSubqueries : public SubqueryJoiner {
 public:
  bool JoinCondition(QueryBinder& queries, const Syntax& subquery, bool negated, const NameScope& scope,
                     Subject* subject) const override;
  bool JoinValue(QueryBinder& queries, const Syntax& subquery, const NameScope& scope, const Adjust& adjust,
                 const std::string& column, Subject* subject) const override;
};

}  // namespace freshet
