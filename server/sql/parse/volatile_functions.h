// Functions that give another value each time: a view over them would not follow from its input.
#pragma once

#include <string_view>

namespace freshet {

bool IsVolatileFunction(std::string_view name);

}  // namespace freshet
