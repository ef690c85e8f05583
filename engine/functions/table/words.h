// Gives words(text): the words of a text.
#pragma once

#include "engine/functions/table/table_function.h"

namespace freshet {

TableFunction WordsFunction();

}  // namespace freshet
