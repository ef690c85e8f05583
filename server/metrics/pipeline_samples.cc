#include "server/metrics/pipeline_samples.h"

#include "engine/base/str_cat.h"

namespace freshet {
namespace {

MetricLabels With(MetricLabels labels, std::initializer_list<std::pair<std::string, std::string>> more) {
  labels.insert(labels.end(), more);
  return labels;
}

void AddSource(const v1::SourceStatus& source, const MetricLabels& shard, MetricFamilies* families) {
  MetricLabels labels =
      With(shard, {{"table", source.table()}, {"source", source.source()}, {"connector", source.connector()}});
  families->Add("freshet_source_rows_total", labels, static_cast<double>(source.rows()));
  families->Add("freshet_source_bytes_total", labels, static_cast<double>(source.bytes()));
  families->Add("freshet_source_dead_letters_total", labels, static_cast<double>(source.dead_letters()));
  families->Add("freshet_source_unknown_fields_total", labels, static_cast<double>(source.unknown_fields()));
  families->Add("freshet_source_connected", labels, source.message().empty() ? 1 : 0);
  families->Add("freshet_source_finished", labels, source.finished() ? 1 : 0);
}

}  // namespace

void AddShardSamples(const ShardMetrics& shard, MetricFamilies* families) {
  const v1::ShardReport& report = shard.report;
  MetricLabels labels = {{"pipeline", shard.pipeline}, {"shard", StrCat(shard.shard)}};
  families->Add("freshet_shard_memory_bytes", labels, static_cast<double>(report.status().memory_bytes()));
  families->Add("freshet_shard_state_bytes", labels, static_cast<double>(report.status().state_bytes()));
  families->Add("freshet_shard_lag_seconds", labels, static_cast<double>(report.lag_ms()) / 1e3);
  families->Add("freshet_shard_recovering", labels, report.recovering() ? 1 : 0);
  for (const v1::SourceStatus& source : report.sources()) AddSource(source, labels, families);
  for (const v1::Metric& metric : report.metrics()) {
    MetricLabels own = labels;
    for (const auto& [label, text] : metric.labels()) own.emplace_back(label, text);
    families->Add(metric.name(), own, metric.value());
  }
}

void AddPipelineSamples(const v1::Pipeline& pipeline, MetricFamilies* families) {
  const v1::PipelineStatus& status = pipeline.status();
  MetricLabels labels = {{"pipeline", pipeline.name().substr(pipeline.name().rfind('/') + 1)}};
  const google::protobuf::EnumDescriptor& states = *v1::Pipeline::State_descriptor();
  for (int i = 1; i < states.value_count(); ++i) {  // from 1: unspecified is no state
    families->Add("freshet_pipeline_state", With(labels, {{"state", states.value(i)->name()}}),
                  pipeline.state() == states.value(i)->number() ? 1 : 0);
  }
  families->Add("freshet_pipeline_epoch", labels, static_cast<double>(status.epoch()));
  families->Add("freshet_pipeline_revision", labels, static_cast<double>(pipeline.revision()));
  families->Add("freshet_pipeline_generation", labels, static_cast<double>(pipeline.generation()));
  families->Add("freshet_pipeline_restarts_total", labels, status.restarts());
  families->Add("freshet_pipeline_refused_reads_total", labels, static_cast<double>(status.refused_reads()));
  families->Add("freshet_pipeline_lag_seconds", labels, static_cast<double>(status.lag_ms()) / 1e3);
  families->Add("freshet_pipeline_load_rows", labels, static_cast<double>(status.load().rows()));
  families->Add("freshet_pipeline_load_bytes", labels, static_cast<double>(status.load().bytes()));
  families->Add("freshet_pipeline_load_total_bytes", labels, static_cast<double>(status.load().total_bytes()));
  families->Add("freshet_pipeline_load_complete", labels, status.load().complete() ? 1 : 0);
  for (const v1::ViewStatus& view : status.views()) {
    families->Add("freshet_view_rows", With(labels, {{"view", view.name()}}), static_cast<double>(view.rows()));
  }
}

}  // namespace freshet
