#include "server/settings/setting_list.h"

namespace freshet {
namespace {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = 1024 * kKiB;
constexpr uint64_t kGiB = 1024 * kMiB;
constexpr uint64_t kSecond = 1000;
constexpr uint64_t kMinute = 60 * kSecond;
constexpr uint64_t kHour = 60 * kMinute;

using enum SettingUnit;

const SettingInfo kSettings[] = {
    {"data_dir", &Settings::data_dir, kText, "freshet-data",
     "The folder of everything that outlives the daemon; made if it is not there."},
    {"log.level", &Settings::log_level, kText, "info", "What is logged to standard error, at least.", 0, 0,
     "trace|debug|info|warn|error"},
    {"log.fsync", &Settings::log_fsync, kText, "on",
     "Whether ingest and epochs survive the death of the machine before they are acknowledged; off: that of processes "
     "only.",
     0, 0, "on|off"},
    {"catalog.fsync", &Settings::catalog_fsync, kText, "on",
     "Whether definitions survive the death of the machine before a call is answered; off: that of processes only, for "
     "a data directory that is thrown away.",
     0, 0, "on|off"},
    {"log.segment_bytes", &Settings::log_segment_bytes, kBytes, "64MiB", "The size of the files of a pipeline's log.",
     4 * kKiB, kGiB},
    {"files.root", &Settings::files_root, kText, ".",
     "Relative paths of files sources are under it; what lies outside of it is refused."},

    {"http.address", &Settings::http_address, kText, "127.0.0.1:8080",
     "Where HTTP is served; port 0 takes a free one."},
    {"http.threads", &Settings::http_threads, kCount, "2", "Threads that serve HTTP.", 1, 256},
    {"http.connections_max", &Settings::http_connections_max, kCount, "1024",
     "Open HTTP connections; further ones are answered 503 and closed.", 1, 1'000'000},
    {"http.request_bytes_max", &Settings::http_request_bytes_max, kBytes, "16MiB",
     "The largest body of a request; above it 413 is answered.", kKiB, kGiB},
    {"http.bodies_bytes_max", &Settings::http_bodies_bytes_max, kBytes, "256MiB",
     "Bodies of all requests that are not answered yet, over all connections; above it 429 is answered. While they go "
     "to "
     "the shards they are held twice.",
     kKiB, 64 * kGiB},
    {"http.idle_timeout", &Settings::http_idle_timeout_ms, kDuration, "60s",
     "A connection without a request, or that sends its request slower than this, is closed.", 100, kHour},
    {"http.page_rows_default", &Settings::http_page_rows_default, kCount, "100",
     "Rows of a page where the request names no limit.", 1, 1'000'000},
    {"http.page_rows_max", &Settings::http_page_rows_max, kCount, "10000", "The largest limit of a page.", 1,
     1'000'000},
    {"http.read_timeout", &Settings::http_read_timeout_ms, kDuration, "30s",
     "How long a read of rows waits for its shards before 503 is answered.", 100, kHour},

    {"http.changes.subscribers_max", &Settings::http_changes_subscribers_max, kCount, "4096",
     "Streams of changes that are open at once; above it 429 is answered.", 1, 1'000'000},
    {"http.changes.backlog", &Settings::http_changes_backlog_bytes, kBytes, "8MiB",
     "Changes that wait for a subscriber slower than others; above it the subscriber is cut off with SLOW_CONSUMER.",
     64 * kKiB, 16 * kGiB},
    {"http.changes.stall_timeout", &Settings::http_changes_stall_timeout_ms, kDuration, "10s",
     "How long changes wait for the fastest subscriber of a view before it is cut off with SLOW_CONSUMER.", 100, kHour},
    {"http.changes.heartbeat", &Settings::http_changes_heartbeat_ms, kDuration, "15s",
     "A stream of changes that has sent nothing for so long sends a sign of life.", 100, kHour},
    {"http.changes.progress", &Settings::http_changes_progress_ms, kDuration, "1s",
     "How often a stream whose view does not change tells the epoch up to which it is whole.", 10, kHour},

    {"grpc.address", &Settings::grpc_address, kText, "127.0.0.1:8081",
     "Where the control plane is served; port 0 takes a free one."},
    {"grpc.message_bytes_max", &Settings::grpc_message_bytes_max, kBytes, "16MiB", "The largest message of a request.",
     kKiB, kGiB},

    {"shards.memory", &Settings::shard_memory_bytes, kBytes, "4GiB",
     "What a shard may take where options.memory of its pipeline says nothing; a shard above it ends.", 32 * kMiB,
     16 * 1024 * kGiB},
    {"shards.per_pipeline_max", &Settings::shards_per_pipeline_max, kCount, "64",
     "The largest options.shards of a pipeline.", 1, 1024},
    {"shards.pin", &Settings::shard_pin, kText, "off",
     "Whether all threads of a pipeline's shard i run on the i-th of the cores that the daemon may use, and on no "
     "other. For measuring, or for a machine with one large pipeline: every pipeline begins at the first core.",
     0, 0, "on|off"},
    {"shards.timeout", &Settings::shard_timeout_ms, kDuration, "60s",
     "A shard that makes no progress for so long is killed and its group restarted.", kSecond, 24 * kHour},
    {"restarts.failures_max", &Settings::restart_failures_max, kCount, "10",
     "Failures in a row, without progress in between, after which a pipeline becomes FAILED.", 1, 1'000'000},
    {"restarts.backoff_min", &Settings::restart_backoff_ms_min, kDuration, "100ms",
     "The wait before the first restart; it doubles with each further one.", 1, kHour},
    {"restarts.backoff_max", &Settings::restart_backoff_ms_max, kDuration, "30s", "The longest wait before a restart.",
     1, kHour},
    {"reads.page_hold", &Settings::page_hold_ms, kDuration, "60s",
     "How long the pages of one listing stay at their epoch; after that 410 EPOCH_GONE is answered.", kSecond, kHour},
    {"reads.pending_max", &Settings::reads_pending_max, kCount, "10000",
     "Reads of a pipeline that wait for its shards; above it 503 is answered.", 1, 10'000'000},
    {"reads.pending_bytes", &Settings::reads_pending_bytes_max, kBytes, "16MiB",
     "Bytes of requests that a shard has not taken yet; above it 503 is answered.", kKiB, 16 * kGiB},
    {"reads.old_versions", &Settings::old_versions_bytes_max, kBytes, "64MiB",
     "What a shard keeps of rows that changed after a held epoch; above it the oldest hold is given up.", 0,
     1024 * kGiB},
    {"ingest.pending_bytes", &Settings::ingest_pending_bytes_max, kBytes, "64MiB",
     "Bytes of ingest requests of a pipeline that are not visible yet; above it 429 is answered.", kKiB, 64 * kGiB},
    {"ingest.keys_max", &Settings::ingest_keys_max, kCount, "100000",
     "Idempotency-Keys that a pipeline remembers; the oldest make room.", 0, 100'000'000},
    {"ingest.timeout", &Settings::ingest_timeout_ms, kDuration, "30s",
     "How long an ingest request waits to become durable or visible before 503 is answered.", 100, kHour},
    {"changes.retention_bytes", &Settings::change_retention_bytes, kBytes, "64MiB",
     "What a shard keeps of its views' changes, for subscribers that go on after an epoch; the oldest make room.", 0,
     1024 * kGiB},
    {"changes.retention", &Settings::change_retention_ms, kDuration, "10min",
     "How long changes are kept for subscribers that go on after an epoch; past it they get 410 EPOCH_GONE.", kSecond,
     24 * 7 * kHour},
    {"dead_letters.count_max", &Settings::dead_letters_max, kCount, "10000",
     "Dead letters kept per source, over all its shards; older ones make room.", 0, 10'000'000},
    {"dead_letters.bytes_max", &Settings::dead_letter_bytes_max, kBytes, "16MiB",
     "Bytes of dead letters kept per source, over all its shards.", 0, 16 * kGiB},
    {"sources.ahead", &Settings::source_ahead_bytes, kBytes, "16MiB",
     "Decoded rows that each source keeps ready for the next epoch.", 64 * kKiB, 16 * kGiB},
    {"stop.notice", &Settings::stop_notice_ms, kDuration, "0ms",
     "How long after SIGTERM connections stay open, while /readyz answers 503 and new work is refused: what a load "
     "balancer takes to notice.",
     0, kHour},
    {"stop.timeout", &Settings::stop_timeout_ms, kDuration, "10s", "From SIGTERM until what still runs is killed.", 100,
     kHour},
};

}  // namespace

std::span<const SettingInfo> SettingList() { return kSettings; }

}  // namespace freshet
