// Pipelines as the control plane's tests need them: answers what a test sets.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/pipelines/pipelines.h"

namespace freshet {

class FakePipelines : public Pipelines {
 public:
  absl::StatusOr<v1::Pipeline> Create(const v1::CreatePipelineRequest& request) override {
    return Named("pipelines/" + request.pipeline_id());
  }
  absl::StatusOr<v1::Pipeline> Get(const std::string& name) override { return Named(name); }
  absl::StatusOr<v1::ListPipelinesResponse> List(const v1::ListPipelinesRequest&) override {
    v1::ListPipelinesResponse response;
    response.add_pipelines()->set_name("pipelines/a");
    return response;
  }
  absl::StatusOr<v1::Pipeline> Update(const v1::UpdatePipelineRequest& request) override {
    return Named(request.pipeline().name());
  }
  absl::Status Delete(const v1::DeletePipelineRequest&) override { return error; }
  absl::StatusOr<v1::Pipeline> Start(const v1::StartPipelineRequest& request) override { return Named(request.name()); }
  absl::StatusOr<v1::Pipeline> Stop(const v1::StopPipelineRequest& request) override { return Named(request.name()); }
  absl::StatusOr<v1::ValidatePipelineResponse> Validate(const v1::ValidatePipelineRequest&) override {
    return v1::ValidatePipelineResponse();
  }
  absl::StatusOr<v1::ExplainPipelineResponse> Explain(const v1::ExplainPipelineRequest&) override {
    v1::ExplainPipelineResponse response;
    response.set_text("scan");
    return response;
  }

  absl::StatusOr<std::unique_ptr<PipelineWatch>> Watch(const std::string& name, WatchCallback callback) override {
    if (!error.ok()) return error;
    v1::Pipeline pipeline;
    pipeline.set_name(name);
    callback(pipeline);
    std::lock_guard lock(mutex);
    watching = std::move(callback);
    ++watches;
    return std::make_unique<FakeWatch>(*this);
  }

  absl::StatusOr<std::vector<RelationInfo>> Relations(const std::string&) override {
    return std::vector<RelationInfo>();
  }
  std::vector<ShardMetrics> Metrics() override { return {}; }

  // Tells the newest watch.
  void Tell(const absl::StatusOr<v1::Pipeline>& pipeline) {
    std::lock_guard lock(mutex);
    if (watching) watching(pipeline);
  }
  int open_watches() {
    std::lock_guard lock(mutex);
    return watches;
  }

  absl::Status error;  // of every call
  std::mutex mutex;
  WatchCallback watching;
  int watches = 0;

 private:
  class FakeWatch : public PipelineWatch {
   public:
    explicit FakeWatch(FakePipelines& owner) : owner_(owner) {}
    ~FakeWatch() override {
      std::lock_guard lock(owner_.mutex);
      owner_.watching = nullptr;
      --owner_.watches;
    }

   private:
    FakePipelines& owner_;
  };

  absl::StatusOr<v1::Pipeline> Named(const std::string& name) {
    if (!error.ok()) return error;
    v1::Pipeline pipeline;
    pipeline.set_name(name);
    return pipeline;
  }
};

}  // namespace freshet
