// Reads an error answer (application/problem+json).
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace freshet {

// The error of an answer with this HTTP status and body; also for bodies that are no problem+json.
absl::Status ProblemStatus(int http_status, std::string_view body);

}  // namespace freshet
