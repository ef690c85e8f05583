// Carries all problems of a refused definition in a status, for gRPC details and HTTP bodies alike.
#pragma once

#include "absl/status/status.h"
#include "freshet/v1/pipeline_service.pb.h"

namespace freshet {

// INVALID_ARGUMENT, code INVALID_DEFINITION, with the problems as payload. The message names the first one.
absl::Status ProblemsError(const v1::Problems& problems);

// The problems of a status made by ProblemsError; empty for others.
v1::Problems ProblemsOf(const absl::Status& status);

// Whether some problem is an ERROR.
bool HasErrors(const v1::Problems& problems);

}  // namespace freshet
