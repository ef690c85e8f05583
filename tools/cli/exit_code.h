// What a command ends with.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "freshet/v1/pipeline_service.pb.h"

namespace freshet {

enum class ExitCode : uint8_t {
  kDone = 0,
  kFailed = 1,
  kWrongUse = 2,
  kNotFound = 3,
  kRefused = 4,      // by validation
  kUnreachable = 5,  // no server answers
};

// A failure that the server told: its code, and for a refused definition what is wrong with it.
absl::Status ServerError(std::string_view code, std::string_view message, absl::StatusCode fallback,
                         const v1::Problems& problems);
// The server cannot be reached, or no longer.
absl::Status UnreachableError(std::string_view message);
// The command was called wrongly.
absl::Status WrongUseError(std::string_view message);

v1::Problems ProblemsIn(const absl::Status& status);
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace freshet
