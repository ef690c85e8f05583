// Values on their way to a type: literals that have none yet, and casts.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/expr/expression.h"
#include "server/sql/bind/overload.h"
#include "server/sql/parse/syntax.h"

namespace freshet {

// A bound value. A literal without a type (a quoted text, NULL) gets it from where it stands.
struct BoundValue {
  Expression expression;
  bool untyped = false;
  uint32_t offset = 0;

  ArgumentType type() const { return untyped ? ArgumentType() : ArgumentType(expression.type.kind); }
};

using CoerceResult = std::variant<Expression, ExpressionError>;

// The value as `type`, by casts that need not be written out. Constants are cast here and now.
CoerceResult CoerceImplicitly(BoundValue value, DataType type);
// By any cast that there is.
CoerceResult CastExplicitly(BoundValue value, DataType type);

// The type that CASE, COALESCE, UNION and the like give these values, with their modifiers if these agree, else
// without; no value: they have none in common. All literals: text.
std::optional<DataType> CommonDataType(const std::vector<BoundValue>& values);

}  // namespace freshet
