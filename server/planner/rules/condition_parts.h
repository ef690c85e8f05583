// What else follows from a condition.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "server/plan/expression_logic.h"

namespace freshet {

// Conditions whose AND is the condition. Of `(a AND b) OR (a AND c)` they are `a` and `b OR c`.
std::vector<Expression> FactorCondition(const Expression& condition);

// A condition over the columns for which `is_known` holds alone, that is true wherever this OR is; no value: there is
// none. Of `(a.x = 1 AND b.y = 2) OR (a.x = 3 AND b.y = 4)` it is, for the columns of a, `a.x = 1 OR a.x = 3`.
std::optional<Expression> ImpliedCondition(const Expression& disjunction,
                                           const std::function<bool(uint32_t)>& is_known);

// Whether the condition is not TRUE where all columns for which `is_null` holds are NULL.
bool RejectsNull(const Expression& condition, const std::function<bool(uint32_t)>& is_null);

}  // namespace freshet
