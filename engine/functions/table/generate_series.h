// Gives generate_series(bigint, bigint): whole numbers from the first to the second.
#pragma once

#include "engine/functions/table/table_function.h"

namespace freshet {

TableFunction GenerateSeriesFunction();

}  // namespace freshet
