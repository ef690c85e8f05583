// The families of scalar functions: each adds its signatures to the list.
#pragma once

#include <vector>

#include "engine/expr/scalar_function.h"

namespace freshet {

using ScalarFunctionList = std::vector<ScalarFunction>;

void AddComparisonFunctions(ScalarFunctionList* list);
void AddArithmeticFunctions(ScalarFunctionList* list);
void AddNumericArithmeticFunctions(ScalarFunctionList* list);
void AddWholeNumberFunctions(ScalarFunctionList* list);
void AddQuoteFunctions(ScalarFunctionList* list);
void AddTimeFormatFunctions(ScalarFunctionList* list);
void AddMathFunctions(ScalarFunctionList* list);
void AddGreatestLeastFunctions(ScalarFunctionList* list);
void AddRowCountFunctions(ScalarFunctionList* list);
void AddTextFunctions(ScalarFunctionList* list);
void AddTextCaseFunctions(ScalarFunctionList* list);
void AddTextPartFunctions(ScalarFunctionList* list);
void AddLikeFunctions(ScalarFunctionList* list);
void AddRegularExpressionFunctions(ScalarFunctionList* list);
void AddTimeFunctions(ScalarFunctionList* list);
void AddTimePartFunctions(ScalarFunctionList* list);
void AddRealFunctions(ScalarFunctionList* list);
void AddByteFunctions(ScalarFunctionList* list);
void AddDigestFunctions(ScalarFunctionList* list);
void AddIntervalFunctions(ScalarFunctionList* list);
void AddJsonFunctions(ScalarFunctionList* list);
void AddArrayFunctions(ScalarFunctionList* list);
void AddArraySearchFunctions(ScalarFunctionList* list);
void AddArrayTextFunctions(ScalarFunctionList* list);

// Casts are a list of their own: all are named "cast".
void AddNumberCasts(ScalarFunctionList* list);
void AddTextCasts(ScalarFunctionList* list);
void AddTimeCasts(ScalarFunctionList* list);
void AddRealCasts(ScalarFunctionList* list);
void AddByteCasts(ScalarFunctionList* list);
void AddIntervalCasts(ScalarFunctionList* list);
void AddJsonCasts(ScalarFunctionList* list);
void AddArrayCasts(ScalarFunctionList* list);

}  // namespace freshet
