// Asks the connectors where the sources of a pipeline start and end, on a thread of its own, until all have answered.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/connector.h"

namespace freshet {

class ExtentResolver {
 public:
  struct Options {
    v1::PhysicalPlan plan;
    ResolveContext context;
  };
  // Called once, on the thread of the resolver. Not OK: a source can never be read.
  using Done = std::function<void(absl::StatusOr<v1::SourceExtents>)>;

  // Begins. A source that is not reachable is asked again, for ever.
  ExtentResolver(Options options, Done done);
  // Ends without an answer. Waits for a question that is under way.
  ~ExtentResolver();

  // What it waits for; empty = nothing. Any thread.
  std::string waiting_for() const;

 private:
  void Run();
  absl::StatusOr<v1::SourceExtent> ResolveOne(const v1::PhysicalSource& source);
  absl::StatusOr<v1::SinkExtent> ResolveSink(const v1::PhysicalSink& sink);
  // Until there is an answer or none will ever be.
  template <typename Extent>
  absl::StatusOr<Extent> Ask(const std::string& whom, const std::function<absl::StatusOr<Extent>()>& resolve);

  const Options options_;
  const Done done_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::string waiting_for_;
  std::thread thread_;
};

}  // namespace freshet
