// Makes joins of subqueries.
#pragma once

#include "server/sql/bind/subquery_joiner.h"

namespace freshet {

class JoinSubqueries : public SubqueryJoiner {
 public:
  bool JoinCondition(QueryBinder& queries, const Syntax& subquery, bool negated, const NameScope& scope,
                     Subject* subject) const override;
  bool JoinValue(QueryBinder& queries, const Syntax& subquery, const std::optional<v1::Expression>& operand,
                 const NameScope& scope, const AdjustExpression& adjust, const std::string& column,
                 Subject* subject) const override;
};

}  // namespace freshet
