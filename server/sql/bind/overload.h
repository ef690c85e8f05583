// Chooses among the signatures of a name as PostgreSQL does (its documentation, 10.2 and 10.3).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/columnar/types.h"

namespace freshet {

// An argument's type; no value: a literal whose type its surroundings decide.
using ArgumentType = std::optional<TypeKind>;
using Signature = std::span<const TypeKind>;

struct OverloadChoice {
  std::optional<size_t> index;  // of the signatures
  bool ambiguous = false;
};

// `is_operator`: a literal beside an operand is first taken as of the operand's type.
OverloadChoice ChooseOverload(std::span<const Signature> signatures, std::span<const ArgumentType> arguments,
                              bool is_operator);

// The type that CASE, COALESCE, UNION and the like give arguments of these types; no value: they have none in common.
// All literals: text.
std::optional<TypeKind> CommonType(std::span<const ArgumentType> arguments);

}  // namespace freshet
