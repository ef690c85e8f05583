#include "server/plan/table_declaration.h"

namespace freshet {

Schema StampColumns() {
  return {{"stamp_time", DataType{TypeKind::kBigint}},
          {"stamp_partition", DataType{TypeKind::kText}},
          {"stamp_offset", DataType{TypeKind::kBigint}}};
}

}  // namespace freshet
