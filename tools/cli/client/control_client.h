// Calls the server's control plane over gRPC.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "freshet/v1/pipeline_service.pb.h"

namespace freshet {

class ControlClient {
 public:
  // Asks the server at `address` (host:port) who it is. Error: unreachable, within 5 s.
  static absl::StatusOr<std::unique_ptr<ControlClient>> Connect(const std::string& address);
  ~ControlClient();

  const v1::ServerInfo& info() const;
  // host:port of HTTP, as it is reached from here.
  std::string http_address() const;

  // Errors carry the server's code; a refused definition carries all of its problems.
  absl::StatusOr<v1::Pipeline> Update(const v1::UpdatePipelineRequest& request);
  absl::StatusOr<v1::Pipeline> Start(const v1::StartPipelineRequest& request);
  absl::StatusOr<v1::Pipeline> Stop(const v1::StopPipelineRequest& request);
  absl::Status Delete(const v1::DeletePipelineRequest& request);
  absl::StatusOr<v1::ValidatePipelineResponse> Validate(const v1::ValidatePipelineRequest& request);
  absl::StatusOr<v1::ExplainPipelineResponse> Explain(const v1::ExplainPipelineRequest& request);
  // Calls `seen` with each state until it returns false.
  absl::Status Watch(const std::string& name, const std::function<bool(const v1::Pipeline&)>& seen);

 private:
  class Impl;
  explicit ControlClient(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
