// Gives split(text, delimiter): the fields of a text.
#pragma once

#include "engine/functions/table/table_function.h"

namespace freshet {

TableFunction SplitFunction();

}  // namespace freshet
