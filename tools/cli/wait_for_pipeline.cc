#include "tools/cli/wait_for_pipeline.h"

#include <optional>

#include "engine/base/str_cat.h"
#include "tools/cli/definition_files.h"
#include "tools/cli/output/progress.h"

namespace freshet {
namespace {

// Empty: it is still on its way.
std::optional<absl::Status> ResultOf(const v1::Pipeline& pipeline, WaitUntil until) {
  switch (pipeline.state()) {
    case v1::Pipeline::COMPLETED:
      return absl::OkStatus();
    case v1::Pipeline::RUNNING:
      if (until == WaitUntil::kCompleted) return std::nullopt;
      return absl::OkStatus();
    case v1::Pipeline::FAILED:
      return absl::UnknownError(AbslView(StrCat(pipeline.name(), " failed: ", pipeline.status().reason())));
    case v1::Pipeline::STOPPED:
      return absl::AbortedError(AbslView(StrCat(pipeline.name(), " was stopped before its first fill was complete")));
    case v1::Pipeline::STATE_UNSPECIFIED:
    case v1::Pipeline::STARTING:
    case v1::Pipeline::HYDRATING:
    case v1::Pipeline::RECOVERING:
    case v1::Pipeline_State_Pipeline_State_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Pipeline_State_Pipeline_State_INT_MAX_SENTINEL_DO_NOT_USE_:
      return std::nullopt;
  }
  return std::nullopt;  // a state of a newer server
}

}  // namespace

absl::StatusOr<v1::Pipeline> WaitForPipeline(ControlClient& client, const v1::Pipeline& pipeline, WaitUntil until) {
  // A commit completes the first fill, and the next one may be what tells that all sources have ended.
  if (OutlineOf(pipeline.definition()).ends) until = WaitUntil::kCompleted;
  Progress progress;
  v1::Pipeline newest = pipeline;
  std::optional<absl::Status> result;
  absl::Status watched = client.Watch(pipeline.name(), [&](const v1::Pipeline& seen) {
    if (seen.revision() < pipeline.revision()) return true;
    newest = seen;
    progress.Show(seen);
    result = ResultOf(seen, until);
    return !result.has_value();
  });
  progress.End();
  if (!watched.ok()) return watched;
  if (!result) return absl::AbortedError("the server ended the watch");
  if (!result->ok()) return *result;
  return newest;
}

}  // namespace freshet
