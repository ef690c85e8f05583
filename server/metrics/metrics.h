// Counts what the server itself does and renders it, with what shards and pipelines report, in Prometheus' text format.
// Every metric is declared once, in metric_list.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/v1/pipeline.pb.h"
#include "server/metrics/shard_metrics.h"

namespace freshet {

// Thread-safe.
class ServerMetrics {
 public:
  ServerMetrics();
  ~ServerMetrics();

  // Counts an answered HTTP request. `route` is a route's pattern (few values), never a path; empty: no route matched.
  void CountRequest(std::string_view route, int status, double seconds);
  // Counts an ended call of the control plane, by its method (CreatePipeline) and the name of its status (OK). Calls
  // that last as long as their client wants have no duration.
  void CountCall(std::string_view method, std::string_view status, std::optional<double> seconds);

  // Of the bodies of HTTP requests: bytes that are held more (or less, below 0), and a request that found no room.
  void AddBodyBytes(double bytes);
  void CountRefusedBody();

  // Of the streams of changes: encoded parts of epochs, bytes that were given to streams, subscribers that were cut off
  // because they were too slow; how many there are, and the bytes that wait for the slowest one.
  void CountChangeEncoding();
  void CountChangeBytes(uint64_t bytes);
  void CountSlowSubscriber();
  void SetSubscribers(uint64_t count, uint64_t backlog_bytes);

  // The text of /metrics: of the server, of each shard, and of each pipeline (state, restarts, lag). Takes about a
  // microsecond a sample.
  std::string Render(const std::vector<ShardMetrics>& shards, const std::vector<v1::Pipeline>& pipelines = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
