// Answers PipelineService: each unary call is one use case of Pipelines, run on a worker.
#pragma once

#include <chrono>
#include <mutex>

#include "freshet/v1/pipeline_service.grpc.pb.h"
#include "server/control/call_runner.h"
#include "server/control/watch_pipeline.h"
#include "server/pipelines/pipelines.h"

namespace freshet {

class PipelineService final : public v1::PipelineService::CallbackService {
 public:
  // All outlive it.
  struct Parts {
    Pipelines& pipelines;
    CallRunner& calls;
    WatchCalls& watches;
  };
  explicit PipelineService(Parts parts) : parts_(parts) {}

  // What GetServerInfo answers, without the uptime; the port is known only once the server listens.
  void SetInfo(v1::ServerInfo info);

  grpc::ServerUnaryReactor* CreatePipeline(grpc::CallbackServerContext* context,
                                           const v1::CreatePipelineRequest* request, v1::Pipeline* response) override;
  grpc::ServerUnaryReactor* GetPipeline(grpc::CallbackServerContext* context, const v1::GetPipelineRequest* request,
                                        v1::Pipeline* response) override;
  grpc::ServerUnaryReactor* ListPipelines(grpc::CallbackServerContext* context, const v1::ListPipelinesRequest* request,
                                          v1::ListPipelinesResponse* response) override;
  grpc::ServerUnaryReactor* UpdatePipeline(grpc::CallbackServerContext* context,
                                           const v1::UpdatePipelineRequest* request, v1::Pipeline* response) override;
  grpc::ServerUnaryReactor* DeletePipeline(grpc::CallbackServerContext* context,
                                           const v1::DeletePipelineRequest* request,
                                           google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* StartPipeline(grpc::CallbackServerContext* context, const v1::StartPipelineRequest* request,
                                          v1::Pipeline* response) override;
  grpc::ServerUnaryReactor* StopPipeline(grpc::CallbackServerContext* context, const v1::StopPipelineRequest* request,
                                         v1::Pipeline* response) override;
  grpc::ServerUnaryReactor* ValidatePipeline(grpc::CallbackServerContext* context,
                                             const v1::ValidatePipelineRequest* request,
                                             v1::ValidatePipelineResponse* response) override;
  grpc::ServerUnaryReactor* ExplainPipeline(grpc::CallbackServerContext* context,
                                            const v1::ExplainPipelineRequest* request,
                                            v1::ExplainPipelineResponse* response) override;
  grpc::ServerWriteReactor<v1::Pipeline>* WatchPipeline(grpc::CallbackServerContext* context,
                                                        const v1::WatchPipelineRequest* request) override;
  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context, const v1::GetServerInfoRequest* request,
                                          v1::ServerInfo* response) override;

 private:
  const Parts parts_;
  std::mutex mutex_;
  v1::ServerInfo info_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace freshet
