// The changes of a view, as a stream of whole epochs.
#pragma once

#include <memory>
#include <vector>

#include "server/http/api/route.h"
#include "server/http/api/route_services.h"

namespace freshet {

std::vector<std::unique_ptr<Route>> ChangesRoutes(const RouteServices& services);

}  // namespace freshet
