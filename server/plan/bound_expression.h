// Expressions between the engine's form and that of physical plans.
#pragma once

#include "absl/status/statusor.h"
#include "engine/expr/expression.h"
#include "freshet/v1/expression.pb.h"

namespace freshet {

v1::BoundExpression ExpressionToProto(const Expression& expression);

// Error: INVALID_ARGUMENT for what no planner of this release makes (another release's plan): an unknown function, a
// literal that cannot be read.
absl::StatusOr<Expression> ExpressionFromProto(const v1::BoundExpression& expression);

}  // namespace freshet
