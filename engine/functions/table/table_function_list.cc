#include "engine/functions/table/table_function_list.h"

#include <algorithm>

#include "engine/functions/table/generate_series.h"
#include "engine/functions/table/split.h"
#include "engine/functions/table/unnest.h"
#include "engine/functions/table/words.h"

namespace freshet {

std::span<const TableFunction> TableFunctions() {
  static const std::vector<TableFunction>* const kFunctions = new std::vector<TableFunction>{
      WordsFunction(), SplitFunction(), GenerateSeriesFunction(), UnnestFunction(), GenerateSubscriptsFunction(),
  };
  return *kFunctions;
}

const TableFunction* FindTableFunction(std::string_view name, std::span<const TypeKind> arguments) {
  for (const TableFunction& function : TableFunctions()) {
    if (function.name == name && std::ranges::equal(function.arguments, arguments)) return &function;
  }
  return nullptr;
}

}  // namespace freshet
