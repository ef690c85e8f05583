#include "engine/functions/function_list.h"

#include <algorithm>
#include <map>

#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

ScalarFunctionList MakeFunctions() {
  ScalarFunctionList list;
  AddComparisonFunctions(&list);
  AddArithmeticFunctions(&list);
  AddNumericArithmeticFunctions(&list);
  AddWholeNumberFunctions(&list);
  AddMathFunctions(&list);
  AddGreatestLeastFunctions(&list);
  AddRowCountFunctions(&list);
  AddTextFunctions(&list);
  AddTextCaseFunctions(&list);
  AddTextPartFunctions(&list);
  AddQuoteFunctions(&list);
  AddLikeFunctions(&list);
  AddRegularExpressionFunctions(&list);
  AddTimeFunctions(&list);
  AddTimePartFunctions(&list);
  AddTimeFormatFunctions(&list);
  AddRealFunctions(&list);
  AddByteFunctions(&list);
  AddDigestFunctions(&list);
  AddIntervalFunctions(&list);
  AddJsonFunctions(&list);
  AddArrayFunctions(&list);
  AddArraySearchFunctions(&list);
  AddArrayTextFunctions(&list);
  return list;
}

using Signatures = std::vector<const ScalarFunction*>;

const std::map<std::string_view, Signatures>& FunctionsByName() {
  static const std::map<std::string_view, Signatures> index = [] {
    std::map<std::string_view, Signatures> by_name;
    for (const ScalarFunction& function : ScalarFunctions()) by_name[function.name].push_back(&function);
    return by_name;
  }();
  return index;
}

// Where a type stands among the numbers: a cast to the right loses nothing but digits of a double.
int NumberRank(TypeKind kind) {
  switch (kind) {
    case TypeKind::kSmallint:
      return 1;
    case TypeKind::kInteger:
      return 2;
    case TypeKind::kBigint:
      return 3;
    case TypeKind::kNumeric:
      return 4;
    case TypeKind::kReal:
      return 5;
    case TypeKind::kDouble:
      return 6;
    case TypeKind::kBoolean:
    case TypeKind::kText:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kTime:
    case TypeKind::kBytea:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
      return 0;
  }
  __builtin_unreachable();
}

}  // namespace

std::span<const ScalarFunction> ScalarFunctions() {
  static const ScalarFunctionList functions = MakeFunctions();
  return functions;
}

std::vector<const ScalarFunction*> FindScalarFunctions(std::string_view name) {
  auto found = FunctionsByName().find(name);
  return found == FunctionsByName().end() ? Signatures() : found->second;
}

const ScalarFunction* FindScalarFunction(std::string_view name, std::span<const TypeKind> arguments) {
  auto found = FunctionsByName().find(name);
  if (found == FunctionsByName().end()) return nullptr;
  for (const ScalarFunction* function : found->second) {
    if (std::equal(function->arguments.begin(), function->arguments.end(), arguments.begin(), arguments.end())) {
      return function;
    }
  }
  return nullptr;
}

bool IsImplicitCast(TypeKind from, TypeKind to) {
  if (from == to) return true;
  if (NumberRank(from) > 0 && NumberRank(to) > 0) return NumberRank(from) < NumberRank(to);
  if (from == TypeKind::kDate) return to == TypeKind::kTimestamp || to == TypeKind::kTimestamptz;
  if (from == TypeKind::kTime) return to == TypeKind::kInterval;
  return from == TypeKind::kTimestamp && to == TypeKind::kTimestamptz;
}

}  // namespace freshet
