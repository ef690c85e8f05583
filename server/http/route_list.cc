#include "server/http/route_list.h"

#include <utility>

#include "engine/base/str_cat.h"
#include "server/http/api/simple_route.h"
#include "server/http/routes/changes_routes.h"
#include "server/http/routes/ingest_routes.h"
#include "server/http/routes/pipeline_routes.h"
#include "server/http/routes/rows_routes.h"
#include "server/http/routes/server_routes.h"
#include "server/http/routes/status_routes.h"
#include "server/http/routes/unbuilt_routes.h"

namespace freshet {
namespace {

// The list itself, for whoever opens the server in a browser.
std::unique_ptr<Route> IndexRoute(const std::vector<std::unique_ptr<Route>>& routes, const std::string& version) {
  std::string text = StrCat("freshet ", version, "\n\n");
  for (const std::unique_ptr<Route>& route : routes) {
    const RouteInfo& info = route->info();
    std::string line = StrCat(info.method, " ", info.pattern);
    line.resize(std::max<size_t>(line.size() + 2, 56), ' ');
    StrAppend(&text, line, info.doc, "\n");
  }
  return std::make_unique<SimpleRoute>(RouteInfo{"GET", "/", {}, "this list", false}, [text](const HttpRequest&) {
    return absl::StatusOr<HttpResponse>(HttpResponse::Text(text));
  });
}

}  // namespace

std::vector<std::unique_ptr<Route>> AllRoutes(const RouteServices& services) {
  std::vector<std::unique_ptr<Route>> routes;
  auto add = [&](std::vector<std::unique_ptr<Route>> more) {
    for (auto& route : more) routes.push_back(std::move(route));
  };
  add(PipelineRoutes(services));
  add(RowsRoutes(services));
  add(IngestRoutes(services));
  add(ChangesRoutes(services));
  add(StatusRoutes(services));
  add(ServerRoutes(services));
  routes.push_back(IndexRoute(routes, services.version));
  add(UnbuiltRoutes());
  return routes;
}

}  // namespace freshet
