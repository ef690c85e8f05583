#include "server/pipelines/pipeline_manager.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "boost/asio/post.hpp"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/pipelines/pipeline_resource.h"
#include "server/pipelines/problems.h"
#include "server/pipelines/table_ingestor.h"

namespace freshet {
namespace {

constexpr int kPageSizeDefault = 100;
constexpr int kPageSizeMax = 1000;

absl::Status NotFound(const std::string& id) {
  return MakeError(ErrorCode::kNotFound, fmt::format("there is no pipeline '{}'", id));
}

v1::CatalogRevision RevisionOf(const v1::Definition& definition, CompiledDefinition compiled) {
  v1::CatalogRevision revision;
  *revision.mutable_definition() = definition;
  *revision.mutable_plan() = std::move(compiled.plan);
  *revision.mutable_physical() = std::move(compiled.physical);
  return revision;
}

}  // namespace

absl::Status PipelineManager::CheckTakesWork() const {
  if (!draining_) return absl::OkStatus();
  return MakeError(ErrorCode::kUnavailable,
                   "the server stops and changes no pipeline; try again where it serves again");
}

absl::StatusOr<CatalogPipeline> PipelineManager::Find(const std::string& name) const {
  ASSIGN_OR_RETURN(std::string id, PipelineIdOf(name));
  auto pipeline = dependencies_.catalog->Find(id);
  if (!pipeline) return NotFound(id);
  return *std::move(pipeline);
}

v1::Pipeline PipelineManager::ResourceOf(const CatalogPipeline& pipeline) const {
  return MakePipelineResource(pipeline, *dependencies_.supervisor->Status(pipeline.entry.uid()));
}

CompiledDefinition PipelineManager::Compile(const v1::Definition& definition) const {
  CompiledDefinition compiled = dependencies_.compile(definition);
  uint64_t most = dependencies_.settings->shards_per_pipeline_max;
  if (compiled.plan.options().shards() > most) {
    v1::Problem& problem = *compiled.problems.add_problems();
    problem.set_code(std::string(InfoOf(ErrorCode::kInvalidOption).name));
    problem.set_path("options.shards");
    problem.set_message(fmt::format("{} shards are more than this server allows", compiled.plan.options().shards()));
    problem.set_suggestion(fmt::format("at most {} (setting shards.per_pipeline_max)", most));
  }
  return compiled;
}

absl::StatusOr<v1::Pipeline> PipelineManager::Create(const v1::CreatePipelineRequest& request) {
  RETURN_IF_ERROR(CheckTakesWork());
  CompiledDefinition compiled = Compile(request.pipeline().definition());
  if (HasErrors(compiled.problems)) return ProblemsError(compiled.problems);
  std::string id = request.pipeline_id();
  if (id.empty()) id = DefaultPipelineId(request.pipeline().definition(), compiled.plan);
  RETURN_IF_ERROR(CheckPipelineId(id));
  if (request.validate_only()) {
    if (dependencies_.catalog->Find(id)) {
      return MakeError(ErrorCode::kAlreadyExists, fmt::format("there is a pipeline '{}' already", id));
    }
    // As it would be at its start.
    v1::Pipeline pipeline = request.pipeline();
    pipeline.set_name("pipelines/" + id);
    pipeline.set_state(v1::Pipeline::STOPPED);
    *pipeline.mutable_create_time() = *pipeline.mutable_update_time() =
        google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(dependencies_.clock->UnixMicros());
    return pipeline;
  }
  AssignTableUids(nullptr, /*revision=*/1, &compiled.physical);
  std::lock_guard lock(changes_);
  return CreateCompiled(id, request.pipeline(), std::move(compiled));
}

absl::StatusOr<v1::Pipeline> PipelineManager::CreateCompiled(const std::string& id, const v1::Pipeline& wanted,
                                                             CompiledDefinition compiled) {
  v1::Pipeline::DesiredState desired =
      wanted.desired_state() == v1::Pipeline::HALTED ? v1::Pipeline::HALTED : v1::Pipeline::STARTED;
  ASSIGN_OR_RETURN(CatalogPipeline pipeline,
                   dependencies_.catalog->Create(id, desired, RevisionOf(wanted.definition(), std::move(compiled)),
                                                 dependencies_.clock->UnixMicros()));
  dependencies_.supervisor->Reconcile(pipeline.entry.uid(), /*anew=*/true);
  return ResourceOf(pipeline);
}

absl::StatusOr<v1::Pipeline> PipelineManager::Get(const std::string& name) {
  ASSIGN_OR_RETURN(CatalogPipeline pipeline, Find(name));
  return ResourceOf(pipeline);
}

absl::StatusOr<v1::ListPipelinesResponse> PipelineManager::List(const v1::ListPipelinesRequest& request) {
  if (request.page_size() < 0) return MakeError(ErrorCode::kInvalidRequest, "page_size is negative");
  int size = request.page_size() == 0 ? kPageSizeDefault : std::min(request.page_size(), kPageSizeMax);
  std::string after;
  if (!request.page_token().empty() &&
      (!absl::WebSafeBase64Unescape(request.page_token(), &after) || !CheckPipelineId(after).ok())) {
    return MakeError(ErrorCode::kInvalidToken, "the page token was not made by this server");
  }
  v1::ListPipelinesResponse response;
  for (const CatalogPipeline& pipeline : dependencies_.catalog->List()) {
    if (pipeline.entry.id() <= after) continue;
    if (response.pipelines_size() == size) {
      std::string last = response.pipelines(size - 1).name().substr(std::string_view("pipelines/").size());
      response.set_next_page_token(absl::WebSafeBase64Escape(last));
      break;
    }
    *response.add_pipelines() = ResourceOf(pipeline);
  }
  return response;
}

absl::StatusOr<v1::Pipeline> PipelineManager::Update(const v1::UpdatePipelineRequest& request) {
  RETURN_IF_ERROR(CheckTakesWork());
  const v1::Pipeline& wanted = request.pipeline();
  bool definition = request.update_mask().paths().empty();
  bool desired_state = false;
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "definition" || path == "*") definition = true;
    if (path == "desired_state" || path == "*") desired_state = true;
    if (path != "definition" && path != "desired_state" && path != "*") {
      return MakeError(ErrorCode::kUnknownField,
                       fmt::format("update_mask names '{}'; definition and desired_state can be changed", path));
    }
  }
  ASSIGN_OR_RETURN(std::string id, PipelineIdOf(wanted.name()));
  auto before = dependencies_.catalog->Find(id);
  if (!before) {
    if (!request.allow_missing()) return NotFound(id);
    v1::CreatePipelineRequest create;
    create.set_pipeline_id(id);
    *create.mutable_pipeline() = wanted;
    create.set_validate_only(request.validate_only());
    return Create(create);
  }
  RETURN_IF_ERROR(CheckEtag(before->entry, wanted.etag()));
  absl::StatusOr<v1::Pipeline> result = ResourceOf(*before);
  if (definition) result = UpdateDefinition(*before, request);
  if (result.ok() && desired_state && !request.validate_only()) {
    // The etag was of the state before this call.
    result = SetDesired(wanted.name(), "", wanted.desired_state());
  }
  return result;
}

absl::StatusOr<v1::Pipeline> PipelineManager::UpdateDefinition(const CatalogPipeline& before,
                                                               const v1::UpdatePipelineRequest& request) {
  CompiledDefinition compiled = Compile(request.pipeline().definition());
  if (HasErrors(compiled.problems)) return ProblemsError(compiled.problems);
  std::lock_guard lock(changes_);
  auto now = dependencies_.catalog->FindUid(before.entry.uid());
  if (!now) return NotFound(before.entry.id());
  RETURN_IF_ERROR(CheckEtag(now->entry, request.pipeline().etag()));
  AssignTableUids(&now->revision->physical(), now->entry.revision() + 1, &compiled.physical);
  DefinitionChange change =
      CompareDefinitions(now->revision->plan(), now->revision->physical(), compiled.plan, compiled.physical);
  if (request.validate_only() || change == DefinitionChange::kNone) return ResourceOf(*now);
  ASSIGN_OR_RETURN(CatalogPipeline pipeline,
                   dependencies_.catalog->AddRevision(
                       now->entry.uid(), RevisionOf(request.pipeline().definition(), std::move(compiled)),
                       /*keep_extents=*/change == DefinitionChange::kOptions, dependencies_.clock->UnixMicros()));
  dependencies_.supervisor->Reconcile(pipeline.entry.uid(), /*anew=*/true);
  return ResourceOf(pipeline);
}

absl::Status PipelineManager::Delete(const v1::DeletePipelineRequest& request) {
  RETURN_IF_ERROR(CheckTakesWork());
  std::lock_guard lock(changes_);
  auto pipeline = Find(request.name());
  if (absl::IsNotFound(pipeline.status()) && request.allow_missing()) return absl::OkStatus();
  if (!pipeline.ok()) return pipeline.status();
  RETURN_IF_ERROR(CheckEtag(pipeline->entry, request.etag()));
  const std::string& uid = pipeline->entry.uid();
  RETURN_IF_ERROR(dependencies_.catalog->Delete(uid));
  dependencies_.supervisor->Remove(uid);
  boost::asio::post(dependencies_.supervisor->io(), [this, uid = uid] { OnChange(uid); });
  return absl::OkStatus();
}

absl::StatusOr<v1::Pipeline> PipelineManager::Start(const v1::StartPipelineRequest& request) {
  return SetDesired(request.name(), request.etag(), v1::Pipeline::STARTED);
}

absl::StatusOr<v1::Pipeline> PipelineManager::Stop(const v1::StopPipelineRequest& request) {
  return SetDesired(request.name(), request.etag(), v1::Pipeline::HALTED);
}

absl::StatusOr<v1::Pipeline> PipelineManager::SetDesired(const std::string& name, const std::string& etag,
                                                         v1::Pipeline::DesiredState desired) {
  RETURN_IF_ERROR(CheckTakesWork());
  if (desired == v1::Pipeline::DESIRED_STATE_UNSPECIFIED) desired = v1::Pipeline::STARTED;
  std::lock_guard lock(changes_);
  ASSIGN_OR_RETURN(CatalogPipeline pipeline, Find(name));
  RETURN_IF_ERROR(CheckEtag(pipeline.entry, etag));
  ASSIGN_OR_RETURN(pipeline, dependencies_.catalog->SetDesiredState(pipeline.entry.uid(), desired,
                                                                    dependencies_.clock->UnixMicros()));
  dependencies_.supervisor->Reconcile(pipeline.entry.uid(), /*anew=*/desired == v1::Pipeline::STARTED);
  return ResourceOf(pipeline);
}

absl::StatusOr<v1::ValidatePipelineResponse> PipelineManager::Validate(const v1::ValidatePipelineRequest& request) {
  v1::ValidatePipelineResponse response;
  *response.mutable_problems() = *Compile(request.definition()).problems.mutable_problems();
  return response;
}

absl::StatusOr<v1::ExplainPipelineResponse> PipelineManager::Explain(const v1::ExplainPipelineRequest& request) {
  v1::Definition definition = request.definition();
  if (request.target_case() == v1::ExplainPipelineRequest::kName) {
    ASSIGN_OR_RETURN(CatalogPipeline pipeline, Find(request.name()));
    definition = pipeline.revision->definition();
  }
  CompiledDefinition compiled = Compile(definition);
  v1::ExplainPipelineResponse response;
  response.set_text(compiled.explain_text);
  response.set_json(compiled.explain_json);
  *response.mutable_problems() = *compiled.problems.mutable_problems();
  return response;
}

absl::StatusOr<std::unique_ptr<PipelineWatch>> PipelineManager::Watch(const std::string& name, WatchCallback callback) {
  ASSIGN_OR_RETURN(CatalogPipeline pipeline, Find(name));
  const std::string& uid = pipeline.entry.uid();
  auto watch = watches_.Add(uid, std::move(callback));
  boost::asio::post(dependencies_.supervisor->io(), [this, uid = uid] { OnChange(uid); });
  return watch;
}

void PipelineManager::OnChange(const std::string& uid) {
  if (!watches_.HasWatch(uid)) return;
  auto pipeline = dependencies_.catalog->FindUid(uid);
  if (pipeline) {
    watches_.Tell(uid, ResourceOf(*pipeline));
  } else {
    watches_.Tell(uid, MakeError(ErrorCode::kNotFound, "the pipeline is deleted"));
  }
}

absl::StatusOr<std::vector<RelationInfo>> PipelineManager::Relations(const std::string& name) {
  ASSIGN_OR_RETURN(CatalogPipeline pipeline, Find(name));
  v1::Pipeline resource = ResourceOf(pipeline);
  const v1::Plan& plan = pipeline.revision->plan();
  const v1::PhysicalPlan& physical = pipeline.revision->physical();
  auto materialized = [&](const std::string& relation, bool table, RelationInfo& info) {
    for (int i = 0; i < physical.views_size(); ++i) {
      const v1::PhysicalView& view = physical.views(i);
      if (view.index_on() == relation) {
        std::vector<std::string>& columns = info.indexes.emplace_back();
        for (uint32_t column : view.key()) columns.push_back(view.schema(static_cast<int>(column)).name());
      }
      if (view.name() != relation || view.table() != table) continue;
      info.materialized = true;
      info.columns.assign(view.schema().begin(), view.schema().end());
      for (uint32_t column : view.key()) info.key.push_back(view.schema(static_cast<int>(column)).name());
      info.key_unique = view.key_unique();
      info.rows = resource.status().views(i).rows();
    }
  };
  std::vector<RelationInfo> relations;
  for (const v1::Table& table : plan.tables()) {
    RelationInfo info;
    info.name = table.name();
    info.table = true;
    info.key.assign(table.primary_key().begin(), table.primary_key().end());
    info.key_unique = !info.key.empty();
    for (const v1::Column& column : table.columns()) {
      v1::Field& field = info.columns.emplace_back();
      field.set_name(column.name());
      *field.mutable_type() = column.type();
    }
    RelationInfo kept = info;
    kept.key.clear();
    materialized(table.name(), /*table=*/true, kept);
    relations.push_back(kept.materialized ? std::move(kept) : std::move(info));
  }
  for (const v1::View& view : plan.views()) {
    RelationInfo info;
    info.name = view.name();
    materialized(view.name(), /*table=*/false, info);
    relations.push_back(std::move(info));
  }
  for (const v1::Comment& comment : plan.comments()) {
    for (RelationInfo& info : relations) {
      if (info.name == comment.on()) info.comments[comment.column()] = comment.text();
    }
  }
  return relations;
}

std::vector<ShardMetrics> PipelineManager::Metrics() {
  std::vector<ShardMetrics> metrics;
  for (const CatalogPipeline& pipeline : dependencies_.catalog->List()) {
    auto group = dependencies_.supervisor->Status(pipeline.entry.uid());
    for (const v1::ShardReport& report : group->reports) {
      ShardMetrics& shard = metrics.emplace_back();
      shard.pipeline = pipeline.entry.id();
      shard.revision = group->revision;
      shard.generation = group->generation;
      shard.shard = report.status().shard();
      shard.report = report;
    }
  }
  return metrics;
}

}  // namespace freshet
