// Ends the process at a failpoint that was armed. Costs one load of a flag where none is.
//
// FRESHET_FAILPOINTS=name=crash[@n][,...]: at the n-th time (from 1) that a process comes there. With
// FRESHET_FAILPOINTS_DONE=folder each fires once: it leaves a file with its name there, and none that has one fires.
#pragma once

#include <atomic>
#include <string_view>

#include "absl/status/status.h"
#include "server/storage/failpoint_list.h"

namespace freshet {

// The one state of the process beside its parts: what is armed is set by the environment, once, before threads start.
extern std::atomic<bool> failpoints_armed;

// What the two variables say; empty: unset. Error: which name or action is none.
absl::Status ArmFailpoints(std::string_view failpoints, std::string_view done_folder);
absl::Status ArmFailpointsOfEnvironment();

// Whether it fires now: the caller does a part of its step, then calls Crash.
bool FailpointFires(Failpoint failpoint);
// Ends the process like kill -9.
[[noreturn]] void Crash(Failpoint failpoint);

inline void HitFailpoint(Failpoint failpoint) {
  if (failpoints_armed.load(std::memory_order_relaxed) && FailpointFires(failpoint)) Crash(failpoint);
}

}  // namespace freshet
