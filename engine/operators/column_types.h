// The types of some of a schema's columns.
#pragma once

#include <vector>

#include "engine/columnar/key_columns.h"
#include "engine/columnar/types.h"

namespace freshet {

inline std::vector<DataType> TypesOf(const std::vector<DataType>& all, const KeyColumns& columns) {
  std::vector<DataType> types;
  for (ColumnIndex column : columns) types.push_back(all[column.value()]);
  return types;
}

}  // namespace freshet
