// The sink connector seam: checks a sink of a definition, asks once how many partitions there are, and opens the sink
// on each shard.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/circuit/sink.h"
#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/pipeline.pb.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/connector.h"
#include "server/formats/api/option.h"
#include "server/storage/disk.h"

namespace freshet {

// A sink as the shard sees it: the engine's seam, and what is told about it in status and metrics.
class ConnectorSink : public Sink {
 public:
  virtual v1::SinkStatus Status() const = 0;
};

// What a sink instance of one shard needs.
struct SinkContext {
  std::string pipeline;
  std::string pipeline_uid;
  std::string files_root;
  ShardId shard;
  uint32_t shard_count = 1;
  // Called from any thread when the sink has got further or has failed. Must return at once; it may be called more
  // often than needed.
  std::function<void()> wake;
  const Clock* clock = nullptr;  // outlives the sink
  Disk* disk = nullptr;          // likewise
  bool threads = true;           // false: a simulation does the work of the sinks' threads, step by step
};

class SinkConnector {
 public:
  virtual ~SinkConnector() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view doc() const = 0;  // one line
  // All options that a sink of it may have.
  virtual std::span<const OptionDeclaration> options() const = 0;

  // What checks of single options do not see; paths are `options.NAME`. Opens no file and no connection.
  virtual void Validate(const v1::Sink& sink, const ValidateContext& context, Problems& problems) const = 0;

  // Whether rows go to the shard that writes their partition; else each shard writes what it has.
  virtual bool has_partitions() const = 0;
  // Called once, by shard 0 at the first start; the result is stored. May block on I/O. Unavailable: try again later.
  virtual absl::StatusOr<v1::SinkExtent> Resolve(const v1::PhysicalSink& sink, const ResolveContext& context) const = 0;

  // Makes the sink of one shard. Returns at once. Error: the definition or a secret cannot be used.
  virtual absl::StatusOr<std::unique_ptr<ConnectorSink>> Open(const v1::PhysicalSink& sink,
                                                              const v1::SinkExtent& extent,
                                                              const SinkContext& context) const = 0;
};

}  // namespace freshet
