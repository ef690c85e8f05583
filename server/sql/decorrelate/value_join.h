// A subquery that stands for one value, as a join.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/sql/bind/select_binder.h"

namespace freshet {

class ValueJoin {
 public:
  // As SubqueryJoiner::JoinValue.
  ValueJoin(QueryBinder& queries, const NameScope& scope, const AdjustExpression& adjust, Subject* subject)
      : queries_(queries), scope_(scope), adjust_(adjust), subject_(subject) {}

  // Adds `column` with the value. false: errors were added.
  bool Join(const Query& query, const std::string& column);

 private:
  bool IsOneRow(const Query& query);
  bool JoinBound(const Query& query, SelectBinder& select, const std::string& column);
  bool JoinThroughDomain(const Query& query, const std::string& column);
  // The pairs of columns that must be equal: of the subquery, of the query around it.
  struct Pair {
    v1::Expression inner;
    v1::Expression outer;
  };
  std::optional<std::vector<Pair>> PairsOf(const SelectBinder& select);
  bool Fail(ErrorCode code, uint32_t offset, std::string message, std::string suggestion = "");

  QueryBinder& queries_;
  const NameScope& scope_;
  const AdjustExpression& adjust_;
  Subject* subject_;
};

}  // namespace freshet
