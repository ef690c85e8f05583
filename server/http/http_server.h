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
  // All are there until the server has stopped.
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
  // From now on /readyz answers 503, and each answer is the last one of its connection. Connections that wait or come
  // are served as before.
  void Drain();
  // After Drain. Takes those that have connected already, accepts no more, closes connections without a request and
  // waits for the answers to all others, for at most `timeout_ms`. Again: waits on.
  void Close(uint64_t timeout_ms);
  // Breaks off what is left and ends all threads, as the destructor does: the services are not called any more. One
  // that still owes an answer holds its connection, which is part of the server: it is to go before the server does.
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
