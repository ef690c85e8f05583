// Waits until the first fill of a pipeline is committed, with progress on standard error.
#pragma once

#include "absl/status/statusor.h"
#include "freshet/v1/pipeline.pb.h"
#include "tools/cli/client/control_client.h"

namespace freshet {

enum class WaitUntil : uint8_t {
  kFilled,     // RUNNING, or COMPLETED where every source ends
  kCompleted,  // every source has ended
};

// `pipeline` is the answer of the call that started it. Error: why it will not get there.
absl::StatusOr<v1::Pipeline> WaitForPipeline(ControlClient& client, const v1::Pipeline& pipeline, WaitUntil until);

}  // namespace freshet
