// Reads expressions of a logical plan, text or typed, as syntax.
#pragma once

#include <variant>

#include "freshet/v1/expression.pb.h"
#include "server/sql/parse/syntax.h"

namespace freshet {

std::variant<SyntaxRef, ExpressionError> SyntaxOf(const v1::Expression& expression);

}  // namespace freshet
