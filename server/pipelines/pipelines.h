// The use cases on pipelines, called by gRPC and HTTP alike: create, get, list, update, delete, start, stop, validate,
// explain, watch.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/pipeline_service.pb.h"
#include "server/metrics/shard_metrics.h"

namespace freshet {

// Ends the watch when it goes. Destroy it from any thread but the callback; the callback does not run after that.
class PipelineWatch {
 public:
  virtual ~PipelineWatch() = default;
};

// A table or view of a running or stopped pipeline, by its current revision.
struct RelationInfo {
  std::string name;
  bool table = false;
  bool materialized = false;  // its rows can be asked for
  std::vector<v1::Field> columns;
  std::map<std::string, std::string> comments = {};  // by column; of the whole under the empty name
  std::vector<std::string> key;                      // empty: whole rows
  bool key_unique = false;
  std::vector<std::vector<std::string>> indexes = {};  // their columns
  uint64_t rows = 0;                                   // over all shards, of the last report; 0 for what keeps no rows
};

// Thread-safe. Calls compile definitions and write the catalog: they may take tens of milliseconds, so they do not
// belong on an I/O thread. None waits for shards: the state in the answer tells how far a start or stop is, Watch tells
// the rest. Errors carry a code of server/errors; a refused definition is ProblemsError (problems.h).
// `name` is `pipelines/{id}`.
class Pipelines {
 public:
  virtual ~Pipelines() = default;

  virtual absl::StatusOr<v1::Pipeline> Create(const v1::CreatePipelineRequest& request) = 0;
  virtual absl::StatusOr<v1::Pipeline> Get(const std::string& name) = 0;
  virtual absl::StatusOr<v1::ListPipelinesResponse> List(const v1::ListPipelinesRequest& request) = 0;
  // A changed definition makes a new revision, which starts anew; changed options alone restart the shards; an equal
  // definition changes nothing. An update mask of "desired_state" starts or stops.
  virtual absl::StatusOr<v1::Pipeline> Update(const v1::UpdatePipelineRequest& request) = 0;
  virtual absl::Status Delete(const v1::DeletePipelineRequest& request) = 0;
  virtual absl::StatusOr<v1::Pipeline> Start(const v1::StartPipelineRequest& request) = 0;
  virtual absl::StatusOr<v1::Pipeline> Stop(const v1::StopPipelineRequest& request) = 0;
  virtual absl::StatusOr<v1::ValidatePipelineResponse> Validate(const v1::ValidatePipelineRequest& request) = 0;
  virtual absl::StatusOr<v1::ExplainPipelineResponse> Explain(const v1::ExplainPipelineRequest& request) = 0;

  // Calls back at once and whenever state, revision or status change, at most 10 times a second; with NOT_FOUND once
  // the pipeline is deleted, and then no more. The callback runs on a thread of the service and must not block.
  using WatchCallback = std::function<void(const absl::StatusOr<v1::Pipeline>&)>;
  virtual absl::StatusOr<std::unique_ptr<PipelineWatch>> Watch(const std::string& name, WatchCallback callback) = 0;

  // Tables and views, in the definition's order.
  virtual absl::StatusOr<std::vector<RelationInfo>> Relations(const std::string& name) = 0;

  // Of all running shards.
  virtual std::vector<ShardMetrics> Metrics() = 0;
};

// `pipelines/{id}` to id; error: INVALID_REQUEST.
absl::StatusOr<std::string> PipelineIdOf(const std::string& name);

}  // namespace freshet
