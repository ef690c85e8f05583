// Serves HTTP: accepts connections, bounds their number, runs them on a few I/O threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/metrics/metrics.h"
#include "server/pipelines/changes.h"
#include "server/pipelines/ingestor.h"
#include "server/pipelines/pipelines.h"
#include "server/pipelines/reader.h"
#include "server/settings/settings.h"

namespace freshet {

class HttpServer {
 public:
  // All outlive the server.
  struct Services {
    Pipelines& pipelines;
    Reader& reader;
    Ingestor& ingestor;
    Changes& changes;
    ServerMetrics& metrics;
    const Settings& settings;
    std::string version;
  };

  // Listens at settings.http_address (host:port, [v6]:port; port 0 takes a free one). Error: INVALID_SETTING or
  // UNAVAILABLE with the address.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(Services services);
  ~HttpServer();

  // host:port with the port that was taken.
  const std::string& address() const;
  // Makes /readyz answer 503, stops accepting, closes idle connections and lets running answers end for at most
  // `timeout_ms`. Called once; the destructor stops at once.
  void Drain(uint64_t timeout_ms);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
