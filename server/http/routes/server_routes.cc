#include "server/http/routes/server_routes.h"

#include <string>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "engine/base/check.h"
#include "server/errors/error_list.h"
#include "server/http/api/openapi_text.h"
#include "server/http/api/simple_route.h"

namespace freshet {
namespace {

std::unique_ptr<Route> MetricsRoute(const RouteServices& services) {
  return std::make_unique<SimpleRoute>(
      RouteInfo{"GET", "/metrics", {}, "metrics in Prometheus' text format", true},
      [&pipelines = services.pipelines,
       &metrics = services.metrics](const HttpRequest&) -> absl::StatusOr<HttpResponse> {
        std::vector<v1::Pipeline> all;
        v1::ListPipelinesRequest list;
        list.set_page_size(1000);
        do {
          ASSIGN_OR_RETURN(v1::ListPipelinesResponse page, pipelines.List(list));
          all.insert(all.end(), page.pipelines().begin(), page.pipelines().end());
          list.set_page_token(page.next_page_token());
        } while (!list.page_token().empty());
        return HttpResponse{200,
                            {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                            metrics.Render(pipelines.Metrics(), all)};
      });
}

std::unique_ptr<Route> OpenApiRoute(const RouteServices& services) {
  std::string_view text = OpenApiText();
  boost::json::value description = boost::json::parse(boost::json::string_view(text.data(), text.size()));
  description.at("info").as_object()["version"] = services.version;
  return std::make_unique<SimpleRoute>(
      RouteInfo{"GET", "/openapi.json", {}, "describes every call (OpenAPI 3.1)", false},
      [body = boost::json::serialize(description)](const HttpRequest&) {
        return absl::StatusOr<HttpResponse>(HttpResponse::Json(body));
      });
}

}  // namespace

std::vector<std::unique_ptr<Route>> ServerRoutes(const RouteServices& services) {
  std::vector<std::unique_ptr<Route>> routes;
  routes.push_back(MetricsRoute(services));
  routes.push_back(std::make_unique<SimpleRoute>(
      RouteInfo{"GET", "/livez", {}, "200 as long as the process answers", false},
      [](const HttpRequest&) { return absl::StatusOr<HttpResponse>(HttpResponse::Text("ok\n")); }));
  routes.push_back(std::make_unique<SimpleRoute>(
      RouteInfo{"GET", "/readyz", {}, "200 while it takes work, 503 while it drains", false},
      [ready = services.ready](const HttpRequest&) -> absl::StatusOr<HttpResponse> {
        if (!ready()) return MakeError(ErrorCode::kUnavailable, "the server is shutting down");
        return HttpResponse::Text("ok\n");
      }));
  routes.push_back(std::make_unique<SimpleRoute>(
      RouteInfo{"GET", "/version", {}, "the release", false}, [version = services.version](const HttpRequest&) {
        return absl::StatusOr<HttpResponse>(
            HttpResponse::Json(boost::json::serialize(boost::json::object{{"version", version}})));
      }));
  routes.push_back(OpenApiRoute(services));
  return routes;
}

}  // namespace freshet
