// The connector seam: checks a table's source binding, resolves where it starts and ends, and opens sources from it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/ids.h"
#include "freshet/v1/plan.pb.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/connector_source.h"
#include "server/formats/api/option.h"

namespace freshet {

// What Validate may look at beside the definition. It opens no file and no connection.
struct ValidateContext {
  std::string files_root;
};

// What Resolve, which does look at files and brokers, needs.
struct ResolveContext {
  std::string pipeline;
  std::string files_root;
  uint32_t shard_count = 1;
};

class IngestFeed;

// What a source instance of one shard needs.
struct SourceContext {
  std::string pipeline;
  std::string files_root;
  ShardId shard;
  uint32_t shard_count = 1;
  // Called from any thread when rows become ready, when the source ends and when its health changes. Must return at
  // once; it may be called more often than needed.
  std::function<void()> wake;
  const Clock* clock = nullptr;      // outlives the source
  uint64_t queue_bytes = 32u << 20;  // decoded ahead, at most (and one batch more)
  DeadLetterLimits dead_letters;     // for the whole source; each shard keeps its part
  IngestFeed* ingest = nullptr;      // shard 0: the requests that came over HTTP; outlives the source
  bool threads = true;               // false: a simulation does the work of the sources' threads, step by step
};

class Connector {
 public:
  virtual ~Connector() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view doc() const = 0;  // one line
  // Options of the connector itself, without the format's.
  virtual std::span<const OptionDeclaration> options() const = 0;

  // Every problem of a table's binding, with paths relative to the binding (`options.path`) or, where the table's own
  // declaration is the reason, to the table with a leading `/` (`/columns/2`).
  virtual Problems Validate(const v1::Table& table, const v1::SourceBinding& binding,
                            const ValidateContext& context) const = 0;

  // Whether the source ends by itself (mode static).
  virtual bool IsStatic(const v1::SourceBinding& binding) const = 0;
  // What the source reads, for fingerprints: "files:data/flights*.csv".
  virtual std::string Identity(const v1::SourceBinding& binding) const = 0;

  // Where each partition starts and, if static, ends. Called once, by shard 0 at the first start; the result is stored.
  // May block on I/O: call it on a thread that can wait. Unavailable (SOURCE_UNREACHABLE): try again later, for ever.
  virtual absl::StatusOr<v1::SourceExtent> Resolve(const v1::PhysicalSource& source,
                                                   const ResolveContext& context) const = 0;

  // Makes the source instance of one shard; nothing is read before its Open. Returns at once. Error: the definition or
  // a secret cannot be used.
  virtual absl::StatusOr<std::unique_ptr<ConnectorSource>> Open(const v1::PhysicalSource& source,
                                                                const v1::SourceExtent& extent,
                                                                const SourceContext& context) const = 0;
};

}  // namespace freshet
