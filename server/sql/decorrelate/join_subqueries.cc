#include "server/sql/decorrelate/join_subqueries.h"

#include "server/sql/decorrelate/condition_join.h"
#include "server/sql/decorrelate/value_join.h"

namespace freshet {

bool JoinSubqueries::JoinCondition(QueryBinder& queries, const Syntax& subquery, bool negated, const NameScope& scope,
                                   Subject* subject) const {
  return ConditionJoin(queries, scope, subject).Join(subquery, negated);
}

bool JoinSubqueries::JoinValue(QueryBinder& queries, const Syntax& subquery, const NameScope& scope,
                               const Adjust& adjust, const std::string& column, Subject* subject) const {
  return ValueJoin(queries, scope, adjust, subject).Join(*subquery.query, column);
}

}  // namespace freshet
