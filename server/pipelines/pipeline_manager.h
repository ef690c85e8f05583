// The use cases on pipelines, over catalog, compiler and supervisor.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "server/catalog/catalog.h"
#include "server/pipelines/compiled_definition.h"
#include "server/pipelines/pipeline_watches.h"
#include "server/pipelines/pipelines.h"
#include "server/settings/settings.h"
#include "server/supervisor/supervisor.h"

namespace freshet {

class PipelineManager : public Pipelines {
 public:
  // All outlive it.
  struct Dependencies {
    const Settings* settings = nullptr;
    Catalog* catalog = nullptr;
    Supervisor* supervisor = nullptr;
    const Clock* clock = nullptr;
    CompileDefinition compile;
  };

  explicit PipelineManager(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

  absl::StatusOr<v1::Pipeline> Create(const v1::CreatePipelineRequest& request) override;
  absl::StatusOr<v1::Pipeline> Get(const std::string& name) override;
  absl::StatusOr<v1::ListPipelinesResponse> List(const v1::ListPipelinesRequest& request) override;
  absl::StatusOr<v1::Pipeline> Update(const v1::UpdatePipelineRequest& request) override;
  absl::Status Delete(const v1::DeletePipelineRequest& request) override;
  absl::StatusOr<v1::Pipeline> Start(const v1::StartPipelineRequest& request) override;
  absl::StatusOr<v1::Pipeline> Stop(const v1::StopPipelineRequest& request) override;
  absl::StatusOr<v1::ValidatePipelineResponse> Validate(const v1::ValidatePipelineRequest& request) override;
  absl::StatusOr<v1::ExplainPipelineResponse> Explain(const v1::ExplainPipelineRequest& request) override;
  absl::StatusOr<std::unique_ptr<PipelineWatch>> Watch(const std::string& name, WatchCallback callback) override;
  absl::StatusOr<std::vector<RelationInfo>> Relations(const std::string& name) override;
  std::vector<ShardMetrics> Metrics() override;

  // The server stops: what changes a pipeline is refused from now on. Any thread.
  void Drain() { draining_ = true; }
  // The supervisor's on_change.
  void OnChange(const std::string& uid);

 private:
  absl::Status CheckTakesWork() const;
  absl::StatusOr<CatalogPipeline> Find(const std::string& name) const;
  v1::Pipeline ResourceOf(const CatalogPipeline& pipeline) const;
  CompiledDefinition Compile(const v1::Definition& definition) const;
  absl::StatusOr<v1::Pipeline> CreateCompiled(const std::string& id, const v1::Pipeline& wanted,
                                              CompiledDefinition compiled);
  absl::StatusOr<v1::Pipeline> UpdateDefinition(const CatalogPipeline& before,
                                                const v1::UpdatePipelineRequest& request);
  absl::StatusOr<v1::Pipeline> SetDesired(const std::string& name, const std::string& etag,
                                          v1::Pipeline::DesiredState desired);

  const Dependencies dependencies_;
  PipelineWatches watches_;
  std::atomic<bool> draining_ = false;
  std::mutex changes_;  // held from the check of an etag to the change that it allows
};

}  // namespace freshet
