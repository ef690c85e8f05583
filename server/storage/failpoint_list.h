// The names of all failpoints: places at a durable step where a test ends the process as a crash would.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace freshet {

enum class Failpoint : uint8_t {
  kLogBeforeWrite,  // a group of records, nothing of it is on the disk
  kLogTornWrite,    // half of a group is written
  kLogBeforeSync,   // a group is written and not synced
  kLogAfterSync,    // a group is durable, the mark does not say so
  kLogAfterMark,    // a group is durable and marked, nobody has been told
  kLogSegmentMade,  // a new segment's file is there, its name is not durable
  kLogTailCut,      // a torn tail was cut off, not synced

  kIngestAppended,      // a request is queued for the log, nothing of it is on the disk
  kIngestBeforeAnswer,  // a request is durable, nobody has been told

  kFilesSinkMade,          // a new file is there, its name is not durable
  kFilesSinkTornWrite,     // half of an epoch's lines is written
  kFilesSinkBeforeSync,    // epochs are written and not synced
  kFilesSinkAfterSync,     // epochs are durable, nobody has been told
  kFilesSinkBeforeRename,  // a file is whole and has not got its name
  kFilesSinkAfterRename,   // a file has its name, not durably
  kFilesSinkTailCut,       // the last epoch of an open file was cut off, not synced
  kFilesSinkEmptyRemoved,  // an open file without a whole epoch is removed, not durably
  kFilesSinkOldRemoved,    // a file of an earlier history is removed, others may stand there
  kFilesSinkOwnerWritten,  // the note whose files they are is written and has not got its name

  kKafkaSinkQueued,     // a record is on its way, others of its epoch are not
  kKafkaSinkDelivered,  // records are durable in the broker, nobody has been told
  kKafkaSinkRetired,    // an epoch is durable in the broker, the journal does not say so

  kCatalogBeforeWrite,   // nothing of a file's new content is on the disk
  kCatalogBeforeSync,    // the new content stands beside the old one, not synced
  kCatalogBeforeRename,  // the new content is durable, beside the old one
  kCatalogAfterRename,   // the new content took the place of the old one, not durably
};

struct FailpointInfo {
  Failpoint failpoint;
  std::string_view name;
};

inline constexpr std::array kFailpoints = {
    FailpointInfo{Failpoint::kLogBeforeWrite, "log_before_write"},
    FailpointInfo{Failpoint::kLogTornWrite, "log_torn_write"},
    FailpointInfo{Failpoint::kLogBeforeSync, "log_before_sync"},
    FailpointInfo{Failpoint::kLogAfterSync, "log_after_sync"},
    FailpointInfo{Failpoint::kLogAfterMark, "log_after_mark"},
    FailpointInfo{Failpoint::kLogSegmentMade, "log_segment_made"},
    FailpointInfo{Failpoint::kLogTailCut, "log_tail_cut"},
    FailpointInfo{Failpoint::kIngestAppended, "ingest_appended"},
    FailpointInfo{Failpoint::kIngestBeforeAnswer, "ingest_before_answer"},
    FailpointInfo{Failpoint::kFilesSinkMade, "files_sink_made"},
    FailpointInfo{Failpoint::kFilesSinkTornWrite, "files_sink_torn_write"},
    FailpointInfo{Failpoint::kFilesSinkBeforeSync, "files_sink_before_sync"},
    FailpointInfo{Failpoint::kFilesSinkAfterSync, "files_sink_after_sync"},
    FailpointInfo{Failpoint::kFilesSinkBeforeRename, "files_sink_before_rename"},
    FailpointInfo{Failpoint::kFilesSinkAfterRename, "files_sink_after_rename"},
    FailpointInfo{Failpoint::kFilesSinkTailCut, "files_sink_tail_cut"},
    FailpointInfo{Failpoint::kFilesSinkEmptyRemoved, "files_sink_empty_removed"},
    FailpointInfo{Failpoint::kFilesSinkOldRemoved, "files_sink_old_removed"},
    FailpointInfo{Failpoint::kFilesSinkOwnerWritten, "files_sink_owner_written"},
    FailpointInfo{Failpoint::kKafkaSinkQueued, "kafka_sink_queued"},
    FailpointInfo{Failpoint::kKafkaSinkDelivered, "kafka_sink_delivered"},
    FailpointInfo{Failpoint::kKafkaSinkRetired, "kafka_sink_retired"},
    FailpointInfo{Failpoint::kCatalogBeforeWrite, "catalog_before_write"},
    FailpointInfo{Failpoint::kCatalogBeforeSync, "catalog_before_sync"},
    FailpointInfo{Failpoint::kCatalogBeforeRename, "catalog_before_rename"},
    FailpointInfo{Failpoint::kCatalogAfterRename, "catalog_after_rename"},
};

}  // namespace freshet
