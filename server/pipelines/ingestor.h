// Takes rows that users send over HTTP into the tables of running pipelines.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

struct IngestRows {
  std::string pipeline;  // id
  std::string table;
  v1::IngestFormat format = v1::NDJSON;
  std::string idempotency_key;  // empty: none
  bool wait_visible = false;    // else until it is durable
  std::string body;
};

struct IngestedRows {
  std::string token;  // for at_least: a view that covers it has these rows
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  std::vector<v1::IngestRecordError> errors;  // the first 100
};

// Thread-safe. Never blocks. The callback is called exactly once, on a thread of the service or of the caller.
class Ingestor {
 public:
  virtual ~Ingestor() = default;

  // Errors: NOT_FOUND, UNKNOWN_TABLE, NOT_INGESTED, NOT_RUNNING, RECOVERING, TOO_MANY_REQUESTS, IDEMPOTENCY_CONFLICT,
  // DISK_FULL, UNAVAILABLE (it is not known whether the rows were taken), ...
  virtual void Ingest(IngestRows rows, std::function<void(absl::StatusOr<IngestedRows>)> done) = 0;
};

}  // namespace freshet
