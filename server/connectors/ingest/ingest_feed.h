// The seam to the requests that came over HTTP: where they are kept is not the connector's business (server/shard keeps
// them in the pipeline's log).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/errors/error_list.h"

namespace freshet {

// How a request's body is coded, from its Content-Type. The numbers stand in logs.
enum class IngestFormat : uint8_t {
  kNdjson = 1,  // an object a line
  kJson = 2,    // an array of objects, or one object
  kCsv = 3,     // the first line names the fields
};

struct IngestRequest {
  uint64_t position = 0;  // in the log; request and records are ordered by it
  uint64_t next = 0;      // behind it; at least position + the bytes of the body
  int64_t receipt_micros = 0;
  IngestFormat format = IngestFormat::kNdjson;
  std::string body;
};

// A record that could not be used. Line and column count from 1, in bytes; they name the place that shows why, or where
// the record begins.
struct IngestError {
  int64_t line = 0;
  int64_t column = 0;
  ErrorCode code = ErrorCode::kMalformedRecord;
  std::string message;
};

// What became of a request's records. It depends on the request and the table's declaration alone.
struct IngestOutcome {
  static constexpr size_t kErrorsMax = 100;

  uint64_t accepted = 0;
  uint64_t rejected = 0;
  std::vector<IngestError> errors = {};  // the first kErrorsMax
};

// Thread-safe.
class IngestFeed {
 public:
  virtual ~IngestFeed() = default;

  // The first request of a table at or behind `from` that ends at or before `end`, which is durable; no value: there is
  // none. May read the disk. Calls for one table come one at a time.
  virtual absl::StatusOr<std::optional<IngestRequest>> Next(const std::string& table_uid, uint64_t from,
                                                            uint64_t end) = 0;
  // Every request before this position is durable.
  virtual uint64_t DurableEnd() const = 0;
  // Calls back, from any thread, whenever DurableEnd has grown; nullptr: not any more, once this has returned.
  virtual void Follow(const std::string& table_uid, std::function<void()> on_durable) = 0;
  // The records of a request have been decoded; what was accepted waits to be taken.
  virtual void OnDecoded(uint64_t position, IngestOutcome outcome) = 0;
  // The compute thread: the epoch that is cut now takes the table's requests before `position`.
  virtual void OnTaken(const std::string& table_uid, uint64_t position) = 0;
};

}  // namespace freshet
