// Reads results: asks all shards of a pipeline for one committed epoch and merges their pages.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/delta_batch.h"
#include "engine/columnar/types.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// One page of a materialized table or view.
struct RowsQuery {
  std::string pipeline;  // id
  std::string relation;
  bool table = false;  // a materialized table; else a view
  // Each with one value per key column, in the text form of its type (ParseDatum); no value = NULL. Empty = all rows.
  std::vector<std::vector<std::optional<std::string>>> keys;
  std::string where;  // a boolean SQL expression over the relation's columns; empty = all rows
  struct Order {
    std::string column;
    bool descending = false;
    std::optional<bool> nulls_first;  // default as in PostgreSQL: last ascending, first descending
  };
  std::vector<Order> order;          // ties, and everything without an order, by the whole row
  uint32_t limit = 100;              // rows, each copy of an equal row counted; at least 1
  std::string page_token;            // of the page before; the query must be the same
  std::optional<uint64_t> at_least;  // a committed epoch: the answer covers it
  std::string at_least_token;        // of an ingest: waits until its rows are visible
  std::optional<uint64_t> epoch;     // exactly this one
  uint32_t timeout_ms = 30'000;
};

struct RowsPage {
  std::string pipeline_uid;
  uint64_t revision = 0;
  uint64_t epoch = 0;
  int64_t lag_ms = 0;
  Schema schema;
  DeltaBatch rows;  // in order; a weight n > 1 is a row that stands n times (their sum is at most the limit)
  std::string next_page_token;  // empty: this was the last page
  std::string etag;             // with its quotes; changes when the page's content may have changed
};

struct DeadLettersQuery {
  std::string pipeline;
  uint32_t limit = 100;
  std::string page_token;
  uint32_t timeout_ms = 30'000;
};
struct DeadLettersPage {
  std::vector<v1::DeadLetter> dead_letters;
  std::string next_page_token;
};

// Thread-safe. Never blocks. Every callback is called exactly once, on a thread of the service or of the caller, and
// must not block. Errors carry a code of server/errors: NOT_FOUND, NOT_RUNNING, HYDRATING, RECOVERING, PIPELINE_FAILED,
// EPOCH_GONE, EPOCH_NOT_REACHED, INVALID_TOKEN, PIPELINE_REPLACED, NOT_MATERIALIZED, INVALID_KEY, UNKNOWN_COLUMN, ...;
// for HYDRATING and RECOVERING Pipelines::Get has the progress.
class Reader {
 public:
  virtual ~Reader() = default;

  // Names a read in flight, for Cancel.
  using ReadId = uint64_t;

  virtual ReadId ReadRows(RowsQuery query, std::function<void(absl::StatusOr<RowsPage>)> done) = 0;
  virtual ReadId ReadDeadLetters(DeadLettersQuery query, std::function<void(absl::StatusOr<DeadLettersPage>)> done) = 0;
  // Summed over the shards, by node and code.
  virtual ReadId ReadErrors(std::string pipeline,
                            std::function<void(absl::StatusOr<std::vector<v1::ExpressionError>>)> done) = 0;
  // The reader of the answer is gone: the callback gets CANCELLED, if it has not been called yet.
  virtual void Cancel(ReadId id) = 0;
};

}  // namespace freshet
