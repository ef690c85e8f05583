// Says where the next page of a listing begins. Opaque to clients.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

struct PageToken {
  std::string pipeline_uid;
  uint64_t revision = 0;
  uint64_t epoch = 0;
  uint64_t query_hash = 0;  // of what is listed
  uint32_t shard = 0;       // the shard that the last row came from
  std::string after;        // its cursor there

  bool operator==(const PageToken&) const = default;
};

// URL-safe text; `seed` is the data directory's, so that made-up tokens are told from ours.
std::string EncodePageToken(const PageToken& token, uint64_t seed);
// Error: INVALID_TOKEN.
absl::StatusOr<PageToken> DecodePageToken(std::string_view text, uint64_t seed);

}  // namespace freshet
