#include "engine/expr/scalar_function.h"

#include <algorithm>

#include "engine/base/check.h"

namespace freshet {
namespace {

// That of the arrays among the arguments, which have one type; of no array: of arrays of the first argument.
DataType ArrayTypeOf(std::span<const DataType> arguments) {
  auto array = std::ranges::find(arguments, TypeKind::kArray, &DataType::kind);
  return array == arguments.end() ? ArrayOf(arguments[0]) : *array;
}

}  // namespace

DataType ResultTypeOf(const ScalarFunction& function, std::span<const DataType> arguments) {
  if (!function.result) return ElementOf(ArrayTypeOf(arguments));
  if (*function.result != TypeKind::kArray) return DataType{*function.result};
  switch (function.elements) {
    case ResultElements::kOfArguments:
      return ArrayTypeOf(arguments);
    case ResultElements::kInteger:
      return ArrayOf({TypeKind::kInteger});
    case ResultElements::kText:
      return ArrayOf({TypeKind::kText});
  }
  __builtin_unreachable();
}

}  // namespace freshet
