// Streams a pipeline to whoever watches it, and ends all watches when the server stops.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "freshet/v1/pipeline.pb.h"
#include "server/control/call_runner.h"
#include "server/pipelines/pipelines.h"

namespace freshet {

// Thread-safe. A reader slower than the changes skips states: it gets the newest one, never a queue of old ones.
class WatchCalls {
 public:
  // All outlive it. It outlives its calls: the server must be shut down before it goes.
  WatchCalls(Pipelines& pipelines, CallRunner& calls) : pipelines_(pipelines), calls_(calls) {}

  grpc::ServerWriteReactor<v1::Pipeline>* Open(grpc::CallbackServerContext* context, const std::string& name);
  // Ends all that run, and every later one at once, with UNAVAILABLE.
  void EndAll();

 private:
  class Call;

  Pipelines& pipelines_;
  CallRunner& calls_;
  std::mutex mutex_;
  std::unordered_set<Call*> running_;
  bool ended_ = false;
};

}  // namespace freshet
