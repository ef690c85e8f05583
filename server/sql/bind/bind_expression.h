// Binds expressions of a logical plan and reports what is wrong with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/expr/expression.h"
#include "freshet/v1/expression.pb.h"
#include "server/definitions/problem_list.h"
#include "server/sql/bind/scope.h"
#include "server/sql/parse/syntax.h"

namespace freshet {

// No value: a problem was added, or a column read is one whose own problem was added before.
std::optional<Expression> BindExpression(const v1::Expression& expression, const Scope& scope, const std::string& path,
                                         ProblemList& problems);
// The same, as a boolean.
std::optional<Expression> BindCondition(const v1::Expression& expression, const Scope& scope, const std::string& path,
                                        ProblemList& problems);
// Only what can be said without knowing the columns.
void CheckSyntax(const v1::Expression& expression, const std::string& path, ProblemList& problems);

// A condition over a schema, as `where` of reads has it. Errors carry the code of the first problem and tell the
// column of the text.
absl::StatusOr<Expression> BindWhere(std::string_view text, const Schema& schema);

void AddExpressionErrors(const std::vector<ExpressionError>& errors, const std::string& path, ProblemList& problems);

}  // namespace freshet
