// The unary calls stand together since each is one line: what they do is in server/pipelines.
#include "server/control/pipeline_service.h"

#include <utility>

namespace freshet {
namespace {

// Moves a result into gRPC's response message.
template <typename Response>
absl::Status Fill(absl::StatusOr<Response> result, Response* response) {
  if (!result.ok()) return result.status();
  *response = *std::move(result);
  return absl::OkStatus();
}

}  // namespace

void PipelineService::SetInfo(v1::ServerInfo info) {
  std::lock_guard lock(mutex_);
  info_ = std::move(info);
}

grpc::ServerUnaryReactor* PipelineService::CreatePipeline(grpc::CallbackServerContext* context,
                                                          const v1::CreatePipelineRequest* request,
                                                          v1::Pipeline* response) {
  return parts_.calls.Run(context, "CreatePipeline",
                          [=, this] { return Fill(parts_.pipelines.Create(*request), response); });
}

grpc::ServerUnaryReactor* PipelineService::GetPipeline(grpc::CallbackServerContext* context,
                                                       const v1::GetPipelineRequest* request, v1::Pipeline* response) {
  return parts_.calls.Run(context, "GetPipeline",
                          [=, this] { return Fill(parts_.pipelines.Get(request->name()), response); });
}

grpc::ServerUnaryReactor* PipelineService::ListPipelines(grpc::CallbackServerContext* context,
                                                         const v1::ListPipelinesRequest* request,
                                                         v1::ListPipelinesResponse* response) {
  return parts_.calls.Run(context, "ListPipelines",
                          [=, this] { return Fill(parts_.pipelines.List(*request), response); });
}

grpc::ServerUnaryReactor* PipelineService::UpdatePipeline(grpc::CallbackServerContext* context,
                                                          const v1::UpdatePipelineRequest* request,
                                                          v1::Pipeline* response) {
  return parts_.calls.Run(context, "UpdatePipeline",
                          [=, this] { return Fill(parts_.pipelines.Update(*request), response); });
}

grpc::ServerUnaryReactor* PipelineService::DeletePipeline(grpc::CallbackServerContext* context,
                                                          const v1::DeletePipelineRequest* request,
                                                          google::protobuf::Empty*) {
  return parts_.calls.Run(context, "DeletePipeline", [=, this] { return parts_.pipelines.Delete(*request); });
}

grpc::ServerUnaryReactor* PipelineService::StartPipeline(grpc::CallbackServerContext* context,
                                                         const v1::StartPipelineRequest* request,
                                                         v1::Pipeline* response) {
  return parts_.calls.Run(context, "StartPipeline",
                          [=, this] { return Fill(parts_.pipelines.Start(*request), response); });
}

grpc::ServerUnaryReactor* PipelineService::StopPipeline(grpc::CallbackServerContext* context,
                                                        const v1::StopPipelineRequest* request,
                                                        v1::Pipeline* response) {
  return parts_.calls.Run(context, "StopPipeline",
                          [=, this] { return Fill(parts_.pipelines.Stop(*request), response); });
}

grpc::ServerUnaryReactor* PipelineService::ValidatePipeline(grpc::CallbackServerContext* context,
                                                            const v1::ValidatePipelineRequest* request,
                                                            v1::ValidatePipelineResponse* response) {
  return parts_.calls.Run(context, "ValidatePipeline",
                          [=, this] { return Fill(parts_.pipelines.Validate(*request), response); });
}

grpc::ServerUnaryReactor* PipelineService::ExplainPipeline(grpc::CallbackServerContext* context,
                                                           const v1::ExplainPipelineRequest* request,
                                                           v1::ExplainPipelineResponse* response) {
  return parts_.calls.Run(context, "ExplainPipeline",
                          [=, this] { return Fill(parts_.pipelines.Explain(*request), response); });
}

grpc::ServerWriteReactor<v1::Pipeline>* PipelineService::WatchPipeline(grpc::CallbackServerContext* context,
                                                                       const v1::WatchPipelineRequest* request) {
  return parts_.watches.Open(context, request->name());
}

grpc::ServerUnaryReactor* PipelineService::GetServerInfo(grpc::CallbackServerContext* context,
                                                         const v1::GetServerInfoRequest*, v1::ServerInfo* response) {
  {
    std::lock_guard lock(mutex_);
    *response = info_;
  }
  auto uptime = std::chrono::steady_clock::now() - start_;
  response->set_uptime_seconds(std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
  return parts_.calls.Finish(context, "GetServerInfo", absl::OkStatus());
}

}  // namespace freshet
