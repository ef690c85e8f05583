// The reference page of all functions, printed from their lists.
#pragma once

#include <string>

namespace freshet {

// Markdown: functions and operators, aggregates, table functions, casts; each name once with its signatures and what
// it does.
std::string FunctionReference();

}  // namespace freshet
