// Makes the columns behind a row that has no partner.
#pragma once

#include <span>
#include <vector>

#include "engine/columnar/column.h"

namespace freshet {

// Appends columns of `size` NULLs, one for each type.
void AppendNullColumns(std::span<const DataType> types, uint32_t size, std::vector<Column>* columns);

}  // namespace freshet
