// Writes expressions of a query as expressions of the logical plan: names become unique ones. Types and functions are
// left to the planner, which knows them for every front end alike.
#pragma once

#include <optional>
#include <vector>

#include "server/sql/bind/name_scope.h"
#include "server/sql/parse/syntax.h"

namespace freshet {

// Takes what is no plain expression.
class ExpressionSpecials {
 public:
  virtual ~ExpressionSpecials() = default;
  // A call of an aggregate function, or GROUPING, as a value. No value: errors were added.
  virtual std::optional<v1::Expression> WriteAggregate(const Syntax& call) = 0;
  // A query as a value; likewise.
  virtual std::optional<v1::Expression> WriteSubquery(const Syntax& subquery) = 0;
};

enum class OuterNames : uint8_t { kTaken, kRefused };

class ExpressionWriter {
 public:
  // `specials`: nullptr refuses them, as misplaced.
  ExpressionWriter(const NameScope& scope, OuterNames outer, ExpressionSpecials* specials,
                   std::vector<ExpressionError>& errors)
      : scope_(scope), outer_(outer), specials_(specials), errors_(errors) {}

  // No value: errors were added, also of all independent parts.
  std::optional<v1::Expression> Write(const Syntax& syntax);
  // A call with its arguments and filter.
  std::optional<v1::Expression> WriteCall(const Syntax& call);

 private:
  std::optional<v1::Expression> WriteColumn(const Syntax& syntax);
  std::optional<v1::Expression> WriteForm(const Syntax& syntax, const char* form);
  std::nullopt_t Fail(ErrorCode code, const Syntax& at, std::string message, std::string suggestion = "");

  const NameScope& scope_;
  OuterNames outer_;
  ExpressionSpecials* specials_;
  std::vector<ExpressionError>& errors_;
};

// Whether the call is one of an aggregate function.
bool IsAggregateCall(const Syntax& syntax);
// Whether an aggregate or GROUPING stands in the expression, outside of subqueries.
bool HasAggregate(const Syntax& syntax);
// Whether a subquery stands in the expression.
bool HasSubquery(const Syntax& syntax);
// The name that PostgreSQL gives a column of a SELECT list.
std::string ColumnNameOf(const Syntax& syntax);

}  // namespace freshet
