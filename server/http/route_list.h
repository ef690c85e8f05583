// Every route of the server, in one list.
#pragma once

#include <memory>
#include <vector>

#include "server/http/api/route.h"
#include "server/http/api/route_services.h"

namespace freshet {

std::vector<std::unique_ptr<Route>> AllRoutes(const RouteServices& services);

}  // namespace freshet
