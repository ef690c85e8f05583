#include "server/metrics/metric_list.h"

namespace freshet {
namespace {

using enum MetricKind;

constexpr MetricInfo kMetrics[] = {
    // The server's own
    {"freshet_http_requests_total", kCounter, "Answered HTTP requests by route and status."},
    {"freshet_http_request_seconds", kHistogram, "Time from a request's last byte to its complete answer, by route."},
    {"freshet_http_body_bytes", kGauge, "Bytes of request bodies that the server holds."},
    {"freshet_http_bodies_refused_total", kCounter, "Requests answered 429: too many bytes of bodies were held."},
    {"freshet_grpc_calls_total", kCounter, "Ended calls of the control plane by method and status."},
    {"freshet_grpc_call_seconds", kHistogram, "Duration of the control plane's calls by method, watches left out."},
    {"freshet_changes_subscribers", kGauge, "Open streams of changes."},
    {"freshet_changes_encodings_total", kCounter, "Parts of epochs that were encoded for streams of changes."},
    {"freshet_changes_sent_bytes_total", kCounter, "Bytes given to streams of changes."},
    {"freshet_changes_slow_subscribers_total", kCounter, "Subscribers cut off because changes came faster."},
    {"freshet_changes_backlog_bytes", kGauge, "Bytes that wait for the slowest subscriber of all."},
    {"freshet_server_memory_bytes", kGauge, "Resident memory of the server process, its shards not included."},
    {"freshet_server_cpu_seconds_total", kCounter, "Processor time of the server process, its shards not included."},
    {"freshet_server_start_time_seconds", kGauge, "When the server process started, in seconds since 1970."},

    // Pipelines
    {"freshet_pipeline_state", kGauge, "1 for the state that the pipeline is in, 0 for the others."},
    {"freshet_pipeline_epoch", kGauge, "The last committed epoch."},
    {"freshet_pipeline_revision", kGauge, "The revision of the definition."},
    {"freshet_pipeline_generation", kGauge, "Grows with each start of the pipeline's shards."},
    {"freshet_pipeline_restarts_total", kCounter, "Restarts of the pipeline's shards after failures."},
    {"freshet_pipeline_refused_reads_total", kCounter, "Reads answered 503 because too much waited for the shards."},
    {"freshet_pipeline_lag_seconds", kGauge, "Age of the oldest row that waits to be taken; 0 when none waits."},
    {"freshet_pipeline_load_rows", kGauge, "Rows of the first fill that have been read."},
    {"freshet_pipeline_load_bytes", kGauge, "Bytes of the first fill that have been read."},
    {"freshet_pipeline_load_total_bytes", kGauge, "Bytes of the whole first fill; 0 when not known."},
    {"freshet_pipeline_load_complete", kGauge, "1 once the first fill is committed."},
    {"freshet_view_rows", kGauge, "Rows of a materialized view or table, over all shards."},

    // Sources, by shard
    {"freshet_source_rows_total", kCounter, "Rows that came in from a source."},
    {"freshet_source_bytes_total", kCounter, "Bytes that were read from a source."},
    {"freshet_source_dead_letters_total", kCounter, "Records of a source that could not be used."},
    {"freshet_source_unknown_fields_total", kCounter, "Fields of a source's records that no column takes."},
    {"freshet_source_connected", kGauge, "1 while all is well with a source, 0 while it is being retried."},
    {"freshet_source_finished", kGauge, "1 once a source has reached its end."},

    // Sinks, by shard
    {"freshet_sink_records_total", kCounter, "Records or lines that a sink wrote."},
    {"freshet_sink_bytes_total", kCounter, "Bytes of keys and values, or of lines, that a sink wrote."},
    {"freshet_sink_epochs_behind", kGauge, "Epochs with changes that wait to be written by a sink."},
    {"freshet_sink_buffered_bytes", kGauge, "Memory of what waits to be written by a sink."},
    {"freshet_sink_error_rows", kGauge, "Rows with ERROR cells, which a sink leaves out."},
    {"freshet_sink_waits", kGauge, "1 while a sink cannot write and tries again."},

    // Shards
    {"freshet_shard_memory_bytes", kGauge, "Resident memory of a shard's process."},
    {"freshet_shard_state_bytes", kGauge, "Memory of the operators' state in a shard."},
    {"freshet_shard_lag_seconds", kGauge, "Age of the oldest row that waits in a shard; 0 when none waits."},
    {"freshet_shard_phase", kGauge, "1 for the phase of the epoch that a shard is in, 0 for the others."},
    {"freshet_shard_recovering", kGauge, "1 while a restarted shard has not reached what was seen before."},
    {"freshet_epoch", kGauge, "The last epoch that a shard committed."},
    {"freshet_epochs_total", kCounter, "Epochs that this generation committed; told by the shard that conducts."},
    {"freshet_epoch_last_seconds", kGauge, "Duration of the last epoch from its cut to its commit."},
    {"freshet_epoch_seconds", kGauge,
     "Quantiles of the last thousand epochs by phase: run is from the cut until all shards are done, journal from then "
     "until the cut is "
     "durable."},
    {"freshet_epochs_replayed_total", kCounter, "Journaled epochs that this generation has run again."},
    {"freshet_epochs_journaled", kGauge, "Epochs that the log held when this generation started."},
    {"freshet_source_changed_total", kCounter,
     "Partitions and epochs of a source that gave other records at a replay than before."},
    {"freshet_history", kGauge, "Grows when what was shown before may not come again."},
    {"freshet_ingest_requests_total", kCounter, "Requests of HTTP ingest that were put into the log."},
    {"freshet_ingest_repeated_total", kCounter, "Requests answered as before, by their Idempotency-Key."},
    {"freshet_ingest_refused_total", kCounter, "Requests answered 429: too much was not visible yet."},
    {"freshet_ingest_pending_bytes", kGauge, "Bytes of requests that are not visible yet."},
    {"freshet_log_appended_bytes_total", kCounter, "Bytes that became durable in the pipeline's log."},
    {"freshet_log_queued_bytes", kGauge, "Bytes that wait to be written to the log."},
    {"freshet_log_segments", kGauge, "Files of the log."},
    {"freshet_log_syncs_total", kCounter, "Groups of records that became durable together."},
    {"freshet_log_sync_seconds_p99", kGauge, "Time to write and sync a group, of the last thousand."},
    {"freshet_log_failures_total", kCounter, "Attempts to write the log that failed."},
    {"freshet_log_writable", kGauge, "0 while the log cannot be written: nothing is acknowledged or committed."},
    {"freshet_rows_taken_total", kCounter, "Rows that a shard took into epochs."},
    {"freshet_exchange_rows_sent_total", kCounter, "Rows sent to other shards."},
    {"freshet_exchange_bytes_sent_total", kCounter, "Bytes sent to other shards."},
    {"freshet_exchange_bytes_received_total", kCounter, "Bytes received from other shards."},
    {"freshet_exchange_bytes_queued", kGauge, "Bytes that wait to be sent to other shards."},
    {"freshet_old_versions_bytes", kGauge, "Memory of rows that changed after an epoch which a page still holds."},
    {"freshet_kept_changes_bytes", kGauge, "Memory of the changes that subscribers may still ask for."},
    {"freshet_node_rows_in_total", kCounter, "Rows that came into a node of the plan."},
    {"freshet_node_rows_out_total", kCounter, "Rows that came out of a node of the plan."},
    {"freshet_node_state_bytes", kGauge, "Memory of a node's state."},
};

}  // namespace

std::span<const MetricInfo> MetricList() { return kMetrics; }

const MetricInfo* FindMetric(std::string_view name) {
  for (const MetricInfo& info : kMetrics) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace freshet
