// Which equalities may become keys, and which values keys are made of.
#pragma once

#include <string>

#include "engine/columnar/array.h"
#include "engine/expr/expression.h"

namespace freshet {

// Whether values of these types are equal where they are as keys: what is equal must have equal cells, as intervals
// need not, and one type, as real and double are not.
inline bool AreKeyTypes(DataType a, DataType b) {
  return a.kind == b.kind && a.element == b.element && HasOneForm(a) && HasOneForm(b);
}

inline bool IsKeyEquality(const Expression& condition) {
  return condition.kind == ExpressionKind::kCall && condition.function->name == "=" &&
         AreKeyTypes(condition.arguments[0].type, condition.arguments[1].type);
}

// Of values that have no one form, for messages.
inline std::string NameOfKeys(DataType type) { return type.kind == TypeKind::kInterval ? "intervals" : TypeName(type); }
inline std::string InsteadOfKey(DataType type) {
  return type.element == TypeKind::kNumeric ? "cast it to numeric(p,s)[]" : "use extract(epoch from x)";
}

}  // namespace freshet
