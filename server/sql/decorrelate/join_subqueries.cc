#include "server/sql/decorrelate/join_subqueries.h"

#include "server/sql/decorrelate/condition_join.h"
#include "server/sql/decorrelate/truth_join.h"
#include "server/sql/decorrelate/value_join.h"

namespace freshet {

bool JoinSubqueries::JoinCondition(QueryBinder& queries, const Syntax& subquery, bool negated, const NameScope& scope,
                                   Subject* subject) const {
  return ConditionJoin(queries, scope, subject).Join(subquery, negated);
}

bool JoinSubqueries::JoinValue(QueryBinder& queries, const Syntax& subquery,
                               const std::optional<v1::Expression>& operand, const NameScope& scope,
                               const AdjustExpression& adjust, const std::string& column, Subject* subject) const {
  if (subquery.kind == SyntaxKind::kScalarSubquery) {
    return ValueJoin(queries, scope, adjust, subject).Join(*subquery.query, column);
  }
  TruthJoin truth(queries, scope, adjust, subject);
  if (subquery.kind == SyntaxKind::kExists) return truth.JoinExists(subquery, column);
  return truth.JoinComparison(subquery, *operand, column);
}

}  // namespace freshet
