// Answers a read that failed; while a pipeline loads or recovers, with how far it is.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "server/http/api/response_writer.h"
#include "server/http/api/route_services.h"

namespace freshet {

void SendReadProblem(const RouteServices& services, const std::string& pipeline, const absl::Status& status,
                     std::shared_ptr<ResponseWriter> writer);

}  // namespace freshet
