// Holds the settings of freshetd: defaults, then the configuration file, then the command line. Every setting is
// declared once, in setting_list.cc, with its name, doc, default and bounds; an unknown name is an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace freshet {

// Values in their units. Made once at start and not changed after that.
struct Settings {
  std::string data_dir;
  std::string log_level;
  std::string log_fsync;      // on, off
  std::string catalog_fsync;  // on, off
  std::string shard_pin;      // on, off
  uint64_t log_segment_bytes = 0;
  std::string files_root;  // absolute after FinishSettings

  std::string http_address;
  uint64_t http_threads = 0;
  uint64_t http_connections_max = 0;
  uint64_t http_request_bytes_max = 0;
  uint64_t http_bodies_bytes_max = 0;  // over all connections
  uint64_t http_idle_timeout_ms = 0;
  uint64_t http_page_rows_default = 0;
  uint64_t http_page_rows_max = 0;
  uint64_t http_read_timeout_ms = 0;
  uint64_t http_changes_subscribers_max = 0;
  uint64_t http_changes_backlog_bytes = 0;
  uint64_t http_changes_stall_timeout_ms = 0;
  uint64_t http_changes_heartbeat_ms = 0;
  uint64_t http_changes_progress_ms = 0;

  std::string grpc_address;
  uint64_t grpc_message_bytes_max = 0;

  uint64_t shard_memory_bytes = 0;  // default of options.memory
  uint64_t shards_per_pipeline_max = 0;
  uint64_t shard_timeout_ms = 0;      // without progress, it is killed
  uint64_t restart_failures_max = 0;  // consecutive ones without a commit in between: FAILED
  uint64_t restart_backoff_ms_min = 0;
  uint64_t restart_backoff_ms_max = 0;
  uint64_t ingest_pending_bytes_max = 0;  // of requests that are not visible yet, per pipeline
  uint64_t ingest_keys_max = 0;           // idempotency keys remembered per pipeline
  uint64_t ingest_timeout_ms = 0;
  uint64_t reads_pending_max = 0;        // of a pipeline, waiting for its shards
  uint64_t reads_pending_bytes_max = 0;  // queued for one shard
  uint64_t page_hold_ms = 0;             // how long pages of one listing stay at their epoch
  uint64_t old_versions_bytes_max = 0;   // a shard's budget for rows of held epochs
  uint64_t change_retention_bytes = 0;   // of a shard, over its views
  uint64_t change_retention_ms = 0;
  uint64_t dead_letters_max = 0;  // per source and shard
  uint64_t dead_letter_bytes_max = 0;
  uint64_t source_ahead_bytes = 0;  // decoded rows that a source keeps ready
  uint64_t stop_notice_ms = 0;      // from SIGTERM until connections are closed
  uint64_t stop_timeout_ms = 0;     // from SIGTERM to the last process' end
};

// Every setting at its default.
Settings DefaultSettings();

// Sets one by its name (`http.address`) from text: sizes take KiB, MiB, GiB, times take ms, s, min. Error:
// INVALID_SETTING with the name, what it takes, and for an unknown name the nearest known one.
absl::Status SetSetting(std::string_view name, std::string_view value, Settings* settings);

// Applies a YAML file: `http.address: ...`, or nested maps `http: {address: ...}`. Error: the file, line and name.
absl::Status ReadSettingsFile(const std::string& path, Settings* settings);

// Checks what concerns several settings and resolves relative paths against the current folder.
absl::Status FinishSettings(Settings* settings);

// The reference that `freshetd --help-settings` prints: name, default, bounds, doc.
std::string SettingsHelp();

}  // namespace freshet
