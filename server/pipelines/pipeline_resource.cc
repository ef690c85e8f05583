#include "server/pipelines/pipeline_resource.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/pipelines/pipelines.h"

namespace freshet {
namespace {

constexpr std::string_view kPrefix = "pipelines/";
constexpr size_t kIdBytesMax = 63;

void SetTime(int64_t micros, google::protobuf::Timestamp* time) {
  time->set_seconds(micros / 1'000'000);
  time->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
}

}  // namespace

v1::Pipeline::State StateOf(const CatalogPipeline& pipeline, const GroupStatus& group) {
  if (pipeline.entry.desired_state() == v1::Pipeline::HALTED) return v1::Pipeline::STOPPED;
  if (group.state == v1::Pipeline::STOPPED) return v1::Pipeline::STARTING;
  if (group.revision != pipeline.entry.revision()) return v1::Pipeline::STARTING;
  return group.state;
}

v1::Pipeline MakePipelineResource(const CatalogPipeline& pipeline, const GroupStatus& group) {
  const v1::CatalogEntry& entry = pipeline.entry;
  v1::Pipeline resource;
  resource.set_name(std::string(kPrefix) + entry.id());
  resource.set_uid(entry.uid());
  *resource.mutable_definition() = pipeline.revision->definition();
  resource.set_desired_state(entry.desired_state());
  resource.set_revision(entry.revision());
  resource.set_generation(std::max(entry.generation(), group.generation));
  resource.set_etag(EtagOf(entry));
  SetTime(entry.create_time_micros(), resource.mutable_create_time());
  SetTime(entry.update_time_micros(), resource.mutable_update_time());
  resource.set_state(StateOf(pipeline, group));
  // Reports of another revision tell nothing of this one.
  GroupStatus shown = group;
  if (group.revision != entry.revision()) {
    shown.reports.clear();
    shown.reason.clear();
  }
  *resource.mutable_status() = CombineReports(shown, pipeline.revision->physical());
  return resource;
}

std::string EtagOf(const v1::CatalogEntry& entry) {
  return fmt::format("\"{}-{}\"", entry.uid().substr(0, 8), entry.version());
}

absl::Status CheckEtag(const v1::CatalogEntry& entry, const std::string& etag) {
  if (etag.empty() || etag == EtagOf(entry)) return absl::OkStatus();
  return MakeError(
      ErrorCode::kEtagMismatch,
      fmt::format("pipeline '{}' has changed since etag {} was read; it is {} now", entry.id(), etag, EtagOf(entry)));
}

absl::Status CheckPipelineId(const std::string& id) {
  auto allowed = [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '-'; };
  if (!id.empty() && id.size() <= kIdBytesMax && absl::ascii_islower(id[0]) &&
      std::all_of(id.begin(), id.end(), allowed)) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kInvalidName,
                   fmt::format("'{}' is no name of a pipeline: a lower-case letter, then up to 62 lower-case letters, "
                               "digits, '_' or '-'",
                               id.substr(0, 100)));
}

std::string DefaultPipelineId(const v1::Definition& definition, const v1::Plan& plan) {
  if (!plan.name().empty()) return plan.name();
  if (definition.files_size() == 0) return "";
  return std::filesystem::path(definition.files(0).name()).stem().string();
}

absl::StatusOr<std::string> PipelineIdOf(const std::string& name) {
  if (name.starts_with(kPrefix) && CheckPipelineId(name.substr(kPrefix.size())).ok())
    return name.substr(kPrefix.size());
  return MakeError(ErrorCode::kInvalidRequest,
                   fmt::format("'{}' is no name of a pipeline: it has the form pipelines/ID", name.substr(0, 100)));
}

}  // namespace freshet
