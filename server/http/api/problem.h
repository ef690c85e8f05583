// Answers an error as application/problem+json (RFC 9457): type, title, status, detail, code, and what the definition's
// problems are.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/http/api/response_writer.h"

namespace freshet {

// The HTTP status is the one that the error list has for the status' code.
HttpResponse ProblemResponse(const absl::Status& status);
// The JSON object alone: `{"code":...}` for the end of a stream that has begun.
std::string ProblemJson(const absl::Status& status);

}  // namespace freshet
