// What concerns the server itself: metrics, probes, version, the list of calls; and refusals, by name, of what is
// described but not built in this release.
#pragma once

#include <memory>
#include <vector>

#include "server/http/api/route.h"
#include "server/http/api/route_services.h"

namespace freshet {

std::vector<std::unique_ptr<Route>> ServerRoutes(const RouteServices& services);

}  // namespace freshet
