// Which equalities may become keys.
#pragma once

#include "engine/expr/expression.h"

namespace freshet {

// Whether values of these types are equal where they are as keys: what is equal must have equal cells, as intervals
// need not, and one type, as real and double are not.
inline bool AreKeyTypes(TypeKind a, TypeKind b) { return a == b && a != TypeKind::kInterval; }

inline bool IsKeyEquality(const Expression& condition) {
  return condition.kind == ExpressionKind::kCall && condition.function->name == "=" &&
         AreKeyTypes(condition.arguments[0].type.kind, condition.arguments[1].type.kind);
}

}  // namespace freshet
