// Merges the pages that the shards of a pipeline gave into one, and says where each shard goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/delta_batch.h"
#include "engine/columnar/types.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// Where a listing stands: every row before it has been given. Rows of equal order on several shards come in the order
// of the shards.
struct ListingPlace {
  uint32_t shard = 0;
  std::string after;  // a cursor of that shard
};

// The cursor from which `shard` goes on in an ordered listing.
std::string OrderedCursorOf(const ListingPlace& place, uint32_t shard);

struct MergedPage {
  DeltaBatch rows;
  uint64_t count = 0;                // rows, copies counted
  std::optional<ListingPlace> next;  // no value: all rows have been given
};

// `shards[i]` gave `responses[i]`; shards ascend. Takes rows up to `limit`: by their cursors (ordered), or one shard
// after the other. Error: what a shard sent cannot be read.
absl::StatusOr<MergedPage> MergePages(const Schema& schema, const std::vector<uint32_t>& shards,
                                      const std::vector<v1::ReadResponse>& responses, uint32_t limit, bool ordered);

}  // namespace freshet
