#include "engine/operators/null_columns.h"

namespace freshet {

void AppendNullColumns(std::span<const DataType> types, uint32_t size, std::vector<Column>* columns) {
  for (DataType type : types) {
    columns->emplace_back(type, size, BufferRef::AllocateZeroed(size * WidthOf(PhysicalOf(type.kind))),
                          BufferRef::AllocateZeroed(BitmapWords(size) * sizeof(uint64_t)));
  }
}

}  // namespace freshet
