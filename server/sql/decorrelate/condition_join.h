// EXISTS, IN, ANY and ALL as semi and anti joins.
#pragma once

#include <optional>
#include <vector>

#include "server/sql/bind/select_binder.h"

namespace freshet {

class ConditionJoin {
 public:
  // `scope`: the names of the query in whose WHERE the subquery stands; `subject`: its rows so far.
  ConditionJoin(QueryBinder& queries, const NameScope& scope, Subject* subject)
      : queries_(queries), scope_(scope), subject_(subject) {}

  // Keeps the rows for which the condition is true (negated: false). false: errors were added.
  bool Join(const Syntax& subquery, bool negated);

 private:
  // The rows of the subquery, before anybody compares with them.
  struct Inner {
    v1::Node node;
    std::vector<v1::Expression> correlated;
    std::optional<v1::Expression> value;  // the only column
  };
  std::optional<Inner> BindInner(const Syntax& subquery, bool needs_value);
  std::optional<Inner> BindPlain(const Query& query, bool needs_value);
  std::optional<Inner> BindThroughDomain(const Query& query, bool needs_value);
  void Keep(bool negated, v1::Node rows, std::vector<v1::Expression> conditions);
  bool JoinNotIn(const Syntax& subquery, v1::Expression operand, Inner inner);

  QueryBinder& queries_;
  const NameScope& scope_;
  Subject* subject_;
};

}  // namespace freshet
