// Scalars of JSON that are no strings: numbers, true, false, null.
#pragma once

#include <string_view>

#include "server/formats/api/cell.h"

namespace freshet {

// The cell of such a scalar; kBad: JSON does not know it. `text` is not empty.
FieldCell ScalarCell(std::string_view text);

}  // namespace freshet
