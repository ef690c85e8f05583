// Serves the control plane over gRPC: PipelineService, CheckpointService (UNIMPLEMENTED by name), health, reflection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/metrics/metrics.h"
#include "server/pipelines/pipelines.h"
#include "server/settings/settings.h"

namespace freshet {

class GrpcServer {
 public:
  // All outlive the server.
  struct Services {
    Pipelines& pipelines;
    ServerMetrics& metrics;
    const Settings& settings;  // grpc.address (port 0 takes a free one), grpc.message_bytes_max
    std::string version;
    std::string http_address;  // as HTTP listens; GetServerInfo tells it
  };

  // Listens at settings.grpc_address. Error: UNAVAILABLE with the address.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(Services services);
  // Stops at once, if Stop was not called.
  ~GrpcServer();

  // host:port with the port that was taken.
  const std::string& address() const;
  // Health answers NOT_SERVING from now on; calls are taken as before.
  void Drain();
  // Health answers NOT_SERVING, no new call is taken, watches end with UNAVAILABLE; what still runs after `timeout_ms`
  // is cancelled. Returns once every call has ended; the pipelines must still be there. Called once.
  void Stop(uint64_t timeout_ms);

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
