// Says on standard error what went wrong, and for a definition where: file:line:column, the line with a caret, and what
// to do.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "freshet/v1/pipeline_service.pb.h"

namespace freshet {

// One problem as lines:
//   flights.yaml:12:7: error: no column has the name carier (UNKNOWN_COLUMN)
//     keys: {carrier: carier}
//                     ^
//     did you mean carrier?
std::string ProblemText(const v1::Problem& problem);

std::string ErrorText(const absl::Status& status);

}  // namespace freshet
