// Tells the server how a shard is: status, progress, metrics.
#pragma once

#include <string>
#include <vector>

#include "engine/runtime/shard_loop.h"
#include "engine/views/view_store.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/connector_source.h"
#include "server/shard/ingest/ingest_desk.h"
#include "server/shard/journal/log_writer.h"
#include "server/transport/frame_connection.h"

namespace freshet {

struct ReportInput {
  const v1::StartShard* start = nullptr;
  ShardLoop* loop = nullptr;  // nullptr: not started
  std::vector<const ViewStore*> views;
  uint64_t kept_change_bytes = 0;
  std::vector<const ConnectorSource*> sources;
  std::vector<v1::SinkStatus> sinks;
  Traffic exchange;
  LogWriter* log = nullptr;  // shard 0, as the next one
  const IngestDesk* ingest = nullptr;
};

// On the compute thread; looks at counters only.
v1::ShardReport MakeShardReport(const ReportInput& input);

// Equal reports have equal bytes: protobuf writes the entries of a map in any order else, ever another.
std::string BytesOf(const v1::ShardReport& report);

}  // namespace freshet
