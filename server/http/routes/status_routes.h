// What a pipeline has and does: its tables and views, status, dead letters, expression errors.
#pragma once

#include <memory>
#include <vector>

#include "server/http/api/route.h"
#include "server/http/api/route_services.h"

namespace freshet {

std::vector<std::unique_ptr<Route>> StatusRoutes(const RouteServices& services);

}  // namespace freshet
