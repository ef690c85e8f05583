// POST /v1/pipelines/{p}/tables/{t}:ingest
#pragma once

#include <memory>
#include <vector>

#include "server/http/api/route.h"
#include "server/http/api/route_services.h"

namespace freshet {

std::vector<std::unique_ptr<Route>> IngestRoutes(const RouteServices& services);

}  // namespace freshet
