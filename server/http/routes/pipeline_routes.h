// The control API over HTTP, for those without gRPC: list, get, put, delete, start, stop, validate, explain.
#pragma once

#include <memory>
#include <vector>

#include "server/http/api/route.h"
#include "server/http/api/route_services.h"

namespace freshet {

std::vector<std::unique_ptr<Route>> PipelineRoutes(const RouteServices& services);

}  // namespace freshet
