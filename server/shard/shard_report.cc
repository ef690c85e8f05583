#include "server/shard/shard_report.h"

#include <initializer_list>
#include <string>
#include <utility>

#include "engine/base/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace freshet {
namespace {

using Labels = std::initializer_list<std::pair<const char*, std::string>>;

void AddMetric(v1::ShardReport& report, const char* name, double value, Labels labels = {}) {
  v1::Metric& metric = *report.add_metrics();
  metric.set_name(name);
  metric.set_value(value);
  for (const auto& [label, text] : labels) (*metric.mutable_labels())[label] = text;
}

void AddSources(const ReportInput& input, v1::ShardReport& report) {
  v1::LoadProgress& load = *report.mutable_load();
  bool total_known = true;
  for (const ConnectorSource* source : input.sources) {
    *report.add_sources() = source->Status();
    SourceProgress progress = source->Progress();
    load.set_rows(load.rows() + progress.rows);
    load.set_bytes(load.bytes() + progress.bytes);
    load.set_total_bytes(load.total_bytes() + progress.total_bytes);
    total_known &= progress.total_bytes > 0 || progress.loaded;
  }
  if (!total_known) load.set_total_bytes(0);
}

void AddSinks(const ReportInput& input, v1::ShardReport& report) {
  for (const v1::SinkStatus& sink : input.sinks) {
    *report.add_sinks() = sink;
    auto add = [&](const char* name, uint64_t value) {
      AddMetric(report, name, static_cast<double>(value), {{"sink", sink.sink()}});
    };
    add("freshet_sink_records_total", sink.rows());
    add("freshet_sink_bytes_total", sink.bytes());
    add("freshet_sink_epochs_behind", sink.epochs_behind());
    add("freshet_sink_buffered_bytes", sink.buffered_bytes());
    add("freshet_sink_error_rows", sink.error_rows());
    add("freshet_sink_waits", sink.message().empty() ? 0 : 1);
  }
}

void AddQuantiles(const RecentDurations& durations, const char* phase, v1::ShardReport& report) {
  for (const auto& [quantile, share] : {std::pair("0.5", 0.5), std::pair("0.99", 0.99)}) {
    AddMetric(report, "freshet_epoch_seconds", static_cast<double>(durations.Quantile(share)) / 1e6,
              {{"phase", phase}, {"quantile", quantile}});
  }
}

void AddEpochs(const ReportInput& input, v1::ShardReport& report) {
  ShardStatus status = input.loop->status();
  report.set_running(true);
  report.set_epoch(status.committed.value());
  report.mutable_load()->set_complete(status.load_complete);
  report.mutable_status()->set_rows(status.rows_taken);
  const char* const phases[] = {"idle", "taking", "running", "done"};
  for (int phase = 0; phase < 4; ++phase) {
    AddMetric(report, "freshet_shard_phase", static_cast<int>(status.phase) == phase ? 1 : 0,
              {{"phase", phases[phase]}});
  }
  AddMetric(report, "freshet_epoch", static_cast<double>(status.committed.value()));
  AddMetric(report, "freshet_rows_taken_total", static_cast<double>(status.rows_taken));
  AddMetric(report, "freshet_exchange_rows_sent_total", static_cast<double>(status.exchange_rows_sent));
  AddMetric(report, "freshet_exchange_bytes_sent_total", static_cast<double>(input.exchange.bytes_sent));
  AddMetric(report, "freshet_exchange_bytes_received_total", static_cast<double>(input.exchange.bytes_received));
  AddMetric(report, "freshet_exchange_bytes_queued", static_cast<double>(input.exchange.bytes_queued));
  if (const Conductor* conductor = input.loop->conductor()) {
    AddMetric(report, "freshet_epochs_total", static_cast<double>(conductor->status().epochs));
    AddMetric(report, "freshet_epoch_last_seconds", static_cast<double>(conductor->status().last_epoch_micros) / 1e6);
    AddQuantiles(conductor->run_durations(), "run", report);
    AddQuantiles(conductor->journal_durations(), "journal", report);
  }
}

void AddState(const ReportInput& input, v1::ShardReport& report) {
  uint64_t bytes = 0;
  for (const NodeStatus& node : input.loop->circuit().Statuses()) {
    bytes += node.state_bytes;
    if (node.statistics.rows_in == 0 && node.statistics.rows_out == 0) continue;
    AddMetric(report, "freshet_node_rows_in_total", static_cast<double>(node.statistics.rows_in),
              {{"node", node.name}});
    AddMetric(report, "freshet_node_rows_out_total", static_cast<double>(node.statistics.rows_out),
              {{"node", node.name}});
    if (node.state_bytes > 0) {
      AddMetric(report, "freshet_node_state_bytes", static_cast<double>(node.state_bytes), {{"node", node.name}});
    }
  }
  report.mutable_status()->set_state_bytes(bytes);
}

void AddIngest(const IngestDesk::Counts& counts, v1::ShardReport& report) {
  AddMetric(report, "freshet_ingest_requests_total", static_cast<double>(counts.requests));
  AddMetric(report, "freshet_ingest_repeated_total", static_cast<double>(counts.repeated));
  AddMetric(report, "freshet_ingest_refused_total", static_cast<double>(counts.refused));
  AddMetric(report, "freshet_ingest_pending_bytes", static_cast<double>(counts.pending_bytes));
}

// While the journaled epochs are run again, nothing is shown: how far it is.
void AddLog(const ReportInput& input, v1::ShardReport& report) {
  const ConductorStatus& status = input.loop->conductor()->status();
  const LogWriter& log = *input.log;
  if (input.loop->conductor()->replaying()) {
    report.set_waiting_for(StrCat("runs journaled epochs again: ", status.replayed, " of ", log.journaled()));
  }
  report.set_recovering(log.load_journaled() && !status.load_complete);
  const LogWriter::Status writer = log.status();
  const PipelineLogMetrics metrics = input.log->log()->metrics();
  AddMetric(report, "freshet_log_appended_bytes_total", static_cast<double>(metrics.appended_bytes));
  AddMetric(report, "freshet_log_queued_bytes", static_cast<double>(input.log->log()->queued_bytes()));
  AddMetric(report, "freshet_log_segments", static_cast<double>(metrics.segments));
  AddMetric(report, "freshet_log_syncs_total", static_cast<double>(writer.syncs));
  AddMetric(report, "freshet_log_sync_seconds_p99", static_cast<double>(writer.sync_micros_p99) / 1e6);
  AddMetric(report, "freshet_log_failures_total", static_cast<double>(metrics.failures));
  AddMetric(report, "freshet_log_writable", writer.problem.empty() ? 1 : 0);
  AddMetric(report, "freshet_epochs_replayed_total", static_cast<double>(status.replayed));
  AddMetric(report, "freshet_epochs_journaled", static_cast<double>(log.journaled()));
}

}  // namespace

v1::ShardReport MakeShardReport(const ReportInput& input) {
  v1::ShardReport report;
  report.mutable_status()->set_shard(input.start->shard());
  AddSources(input, report);
  AddSinks(input, report);
  uint64_t old_versions = 0;
  for (size_t i = 0; i < input.views.size(); ++i) {
    const v1::PhysicalView& declared = input.start->plan().views(static_cast<int>(i));
    v1::ViewStatus& view = *report.add_views();
    view.set_name(declared.name());
    view.set_table(declared.table());
    view.set_rows(input.views[i]->row_count());
    old_versions += input.views[i]->version_bytes();
  }
  AddMetric(report, "freshet_old_versions_bytes", static_cast<double>(old_versions));
  AddMetric(report, "freshet_kept_changes_bytes", static_cast<double>(input.kept_change_bytes));
  if (input.loop == nullptr) return report;
  AddEpochs(input, report);
  AddState(input, report);
  if (input.log != nullptr) AddLog(input, report);
  if (input.ingest != nullptr) AddIngest(input.ingest->counts(), report);
  return report;
}

std::string BytesOf(const v1::ShardReport& report) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  report.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace freshet
