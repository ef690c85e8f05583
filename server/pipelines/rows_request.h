// Binds a query of rows to the view that it reads: names to columns, texts to values.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/types.h"
#include "freshet/v1/catalog.pb.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/pipelines/reader.h"

namespace freshet {

struct BoundRows {
  v1::RowsRequest request;  // without epoch and cursor
  Schema schema;
  uint64_t query_hash = 0;       // of everything but the page and its size
  std::vector<uint32_t> shards;  // that may have such rows, ascending: for keys their owners, else all
};

// The number of the view that `query` names, of the plan's views. Errors: NOT_FOUND, NOT_MATERIALIZED.
absl::StatusOr<uint32_t> FindRelation(const RowsQuery& query, const v1::CatalogRevision& revision);

// Errors: NOT_FOUND, NOT_MATERIALIZED, UNKNOWN_COLUMN, INVALID_KEY, and what the condition's binding says.
absl::StatusOr<BoundRows> BindRows(const RowsQuery& query, const v1::CatalogRevision& revision);

}  // namespace freshet
