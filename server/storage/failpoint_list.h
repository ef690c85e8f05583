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
};

}  // namespace freshet
