// A declared table as the planner reads it: the proto, its schema, and what each of its sources is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "freshet/v1/plan.pb.h"
#include "server/plan/relation.h"

namespace freshet {

struct TableDeclaration {
  v1::Table table;  // with its sources
  Schema schema;
  ColumnList primary_key;
  std::optional<uint32_t> version_column;
  std::vector<std::string> identities;  // one a source, for fingerprints
};

// The stamp columns behind a stamped source's own: stamp_time, stamp_partition, stamp_offset.
Schema StampColumns();

}  // namespace freshet
