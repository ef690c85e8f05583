// Gives unnest(array), the elements, and generate_subscripts(array, dimension), their indexes.
#pragma once

#include "engine/functions/table/table_function.h"

namespace freshet {

TableFunction UnnestFunction();
TableFunction GenerateSubscriptsFunction();

}  // namespace freshet
