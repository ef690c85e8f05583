// freshet ingest: sends rows of a file or of standard input into a table.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tools/cli/commands/session.h"

namespace freshet {

struct IngestOptions {
  std::string pipeline;
  std::string table;
  std::string file = "-";
  std::string format;  // ndjson, json, csv; empty: by the file's name, else ndjson
  std::string key;     // names this transfer, so that it may be begun again; empty: a random one
  bool wait = false;   // until the rows are visible
  uint64_t chunk_bytes = 1 << 20;
  uint64_t retry_seconds = 300;  // how long an unreachable or busy server is tried again
};

// Sends chunk by chunk, each with an Idempotency-Key, so that one whose answer was lost is sent again without doubling.
absl::Status IngestFile(const Session& session, const IngestOptions& options);

}  // namespace freshet
