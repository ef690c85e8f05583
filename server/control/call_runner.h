// Runs unary calls on the worker pool: takes a call from gRPC's thread, finishes it from a worker's, counts it.
#pragma once

#include <functional>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "server/control/worker_pool.h"
#include "server/metrics/metrics.h"

namespace freshet {

class CallRunner {
 public:
  // Both outlive it.
  CallRunner(WorkerPool& workers, ServerMetrics& metrics) : workers_(workers), metrics_(metrics) {}

  // `work` fills the response and may block. It does not run for a call that was cancelled while it waited.
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, const char* method,
                                std::function<absl::Status()> work);
  // Answers at once.
  grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const char* method,
                                   const absl::Status& status);

  WorkerPool& workers() const { return workers_; }
  ServerMetrics& metrics() const { return metrics_; }

 private:
  WorkerPool& workers_;
  ServerMetrics& metrics_;
};

}  // namespace freshet
