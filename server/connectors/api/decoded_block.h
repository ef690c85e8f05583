// What a reading thread hands to the compute thread: a decoded batch of one partition and where the partition then
// stands.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/circuit/source.h"
#include "engine/columnar/delta_batch.h"
#include "server/errors/error_list.h"

namespace freshet {

// A record that could not be used.
struct RejectedRecord {
  std::string partition;
  int64_t offset = 0;
  int64_t stamp_time = 0;
  std::string position;  // for people: "line 7", "offset 12"
  ErrorCode code = ErrorCode::kMalformedRecord;
  std::string message;
  std::string record;  // its first bytes
  int64_t at = -1;     // the byte of the record that shows why; -1: not known
};

struct DecodedBlock {
  std::string partition;  // name of the position
  DeltaBatch batch;       // may be empty: all records were rejected
  Position end;           // checksum: of this block's records alone, to be added up
  uint64_t bytes = 0;     // of the input
  uint64_t memory = 0;    // that the block takes while it waits
  uint64_t unknown_fields = 0;
  bool more = false;  // the next block belongs with it: no cut comes between
  std::vector<RejectedRecord> rejected;
};

}  // namespace freshet
