// EXISTS, IN, ANY and ALL inside of an expression: a column that is TRUE, FALSE or NULL, by joins with what decides it.
#pragma once

#include <string>
#include <vector>

#include "server/sql/bind/select_binder.h"

namespace freshet {

class TruthJoin {
 public:
  // As SubqueryJoiner::JoinValue.
  TruthJoin(QueryBinder& queries, const NameScope& scope, const AdjustExpression& adjust, Subject* subject)
      : queries_(queries), scope_(scope), adjust_(adjust), subject_(subject) {}

  // Adds `column` with the truth of an EXISTS. false: errors were added.
  bool JoinExists(const Syntax& subquery, const std::string& column);
  // Likewise of operand op ANY (ALL) of a query.
  bool JoinComparison(const Syntax& subquery, const v1::Expression& operand, const std::string& column);

 private:
  std::optional<AttachedQuery> Attach(const DependentQuery& query);
  v1::Expression JoinFlag(v1::Node rows, std::vector<std::string> columns, std::vector<v1::Expression> conditions,
                          uint32_t position);
  v1::Expression Contains(const DependentQuery& query, const AttachedQuery& attached, const v1::Expression& operand,
                          uint32_t position);
  v1::Expression Compare(const Syntax& subquery, const DependentQuery& query, const AttachedQuery& attached,
                         const v1::Expression& operand);

  QueryBinder& queries_;
  const NameScope& scope_;
  const AdjustExpression& adjust_;
  Subject* subject_;
};

}  // namespace freshet
