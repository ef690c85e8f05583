// Rows of materialized views and tables: one page as JSON, or all rows of one epoch as a stream of NDJSON or CSV.
#pragma once

#include <memory>
#include <vector>

#include "server/http/api/route.h"
#include "server/http/api/route_services.h"

namespace freshet {

std::vector<std::unique_ptr<Route>> RowsRoutes(const RouteServices& services);

}  // namespace freshet
