#include "server/supervisor/group_status.h"

#include <algorithm>

#include "fmt/format.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

void AddSource(const v1::SourceStatus& from, v1::SourceStatus& to) {
  to.set_rows(to.rows() + from.rows());
  to.set_bytes(to.bytes() + from.bytes());
  to.set_dead_letters(to.dead_letters() + from.dead_letters());
  to.set_unknown_fields(to.unknown_fields() + from.unknown_fields());
  to.set_finished(to.finished() && from.finished());
  if (to.message().empty()) to.set_message(from.message());
}

void AddSink(const v1::SinkStatus& from, v1::SinkStatus& to) {
  to.set_rows(to.rows() + from.rows());
  to.set_bytes(to.bytes() + from.bytes());
  // An epoch that changes nothing on a shard is not written there: the largest is the one that was written last.
  to.set_epoch(std::max(to.epoch(), from.epoch()));
  to.set_epochs_behind(std::max(to.epochs_behind(), from.epochs_behind()));
  to.set_buffered_bytes(to.buffered_bytes() + from.buffered_bytes());
  to.set_error_rows(to.error_rows() + from.error_rows());
  if (to.message().empty()) to.set_message(from.message());
}

}  // namespace

v1::PipelineStatus CombineReports(const GroupStatus& group, const v1::PhysicalPlan& plan) {
  v1::PipelineStatus status;
  status.set_epoch(group.epoch);
  status.set_reason(group.reason);
  status.set_restarts(group.restarts);
  status.set_refused_reads(group.refused_reads);
  for (const v1::PhysicalSource& source : plan.sources()) {
    v1::SourceStatus& all = *status.add_sources();
    all.set_source(source.source());
    all.set_table(source.table());
    all.set_connector(source.binding().connector());
    all.set_finished(!group.reports.empty());
  }
  for (const v1::PhysicalView& view : plan.views()) {
    if (!view.index_on().empty()) break;  // indexes stand behind all views
    v1::ViewStatus& all = *status.add_views();
    all.set_name(view.name());
    all.set_table(view.table());
    *all.mutable_schema() = view.schema();
    for (uint32_t column : view.key()) all.add_key(view.schema(static_cast<int>(column)).name());
  }
  for (const v1::PhysicalSink& sink : plan.sinks()) {
    v1::SinkStatus& all = *status.add_sinks();
    all.set_sink(sink.declaration().name());
    all.set_from(sink.declaration().from());
    all.set_connector(sink.declaration().connector());
  }
  for (const v1::ShardReport& report : group.reports) {
    *status.add_shards() = report.status();
    for (int i = 0; i < std::min(report.sinks_size(), status.sinks_size()); ++i) {
      AddSink(report.sinks(i), *status.mutable_sinks(i));
    }
    for (int i = 0; i < std::min(report.sources_size(), status.sources_size()); ++i) {
      AddSource(report.sources(i), *status.mutable_sources(i));
    }
    for (int i = 0; i < std::min(report.views_size(), status.views_size()); ++i) {
      v1::ViewStatus& all = *status.mutable_views(i);
      all.set_rows(all.rows() + report.views(i).rows());
    }
    v1::LoadProgress& load = *status.mutable_load();
    load.set_rows(load.rows() + report.load().rows());
    load.set_bytes(load.bytes() + report.load().bytes());
    // Each shard knows the whole of what it reads itself.
    load.set_total_bytes(load.total_bytes() + report.load().total_bytes());
    status.set_lag_ms(std::max(status.lag_ms(), report.lag_ms()));
  }
  status.mutable_load()->set_complete(group.state == v1::Pipeline::RUNNING || group.state == v1::Pipeline::COMPLETED);
  return status;
}

absl::Status CheckServing(v1::Pipeline::State state, const std::string& id, const std::string& reason) {
  auto because = [&] { return reason.empty() ? std::string() : ": " + reason; };
  switch (state) {
    case v1::Pipeline::RUNNING:
    case v1::Pipeline::COMPLETED:
      return absl::OkStatus();
    case v1::Pipeline::STARTING:
    case v1::Pipeline::HYDRATING:
      return MakeError(ErrorCode::kHydrating,
                       fmt::format("pipeline '{}' reads its input for the first time{}", id, because()));
    case v1::Pipeline::RECOVERING:
      return MakeError(ErrorCode::kRecovering,
                       fmt::format("pipeline '{}' restarts and has not reached what was seen before{}", id, because()));
    case v1::Pipeline::FAILED:
      return MakeError(ErrorCode::kPipelineFailed, fmt::format("pipeline '{}' has failed{}", id, because()));
    case v1::Pipeline::STOPPED:
      return MakeError(ErrorCode::kNotRunning, fmt::format("pipeline '{}' is stopped; start it first", id));
    case v1::Pipeline::STATE_UNSPECIFIED:
    case v1::Pipeline_State_Pipeline_State_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Pipeline_State_Pipeline_State_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return MakeError(ErrorCode::kInternal, fmt::format("pipeline '{}' is in no known state", id));
}

}  // namespace freshet
