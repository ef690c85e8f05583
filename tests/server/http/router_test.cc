#include "server/http/api/router.h"

#include <gtest/gtest.h>

#include "server/errors/error_list.h"
#include "server/http/api/simple_route.h"

namespace freshet {
namespace {

Router MakeRouter() {
  std::vector<std::unique_ptr<Route>> routes;
  for (RouteInfo info :
       {RouteInfo{"GET", "/v1/pipelines", {"page_size"}, "", false},
        RouteInfo{"POST", "/v1/pipelines:validate", {}, "", false},
        RouteInfo{"GET", "/v1/pipelines/{p}", {}, "", false}, RouteInfo{"DELETE", "/v1/pipelines/{p}", {}, "", false},
        RouteInfo{"POST", "/v1/pipelines/{p}:start", {}, "", false},
        RouteInfo{"GET", "/v1/pipelines/{p}/views/{v}/rows", {"key", "limit"}, "", false, "key"}}) {
    routes.push_back(std::make_unique<SimpleRoute>(info, [](const HttpRequest&) { return HttpResponse::Text(""); }));
  }
  return Router(std::move(routes));
}

// The pattern found, or the error's code.
std::string Find(std::string_view method, std::string_view target, HttpRequest* request, Router::Match* match) {
  static const Router router = MakeRouter();
  request->method = method;
  absl::Status status = ParseTarget(target, request);
  if (status.ok()) status = router.Find(request, match);
  if (!status.ok()) return std::string(InfoOf(CodeOf(status)).name);
  return std::string(match->route->info().pattern);
}

std::string Find(std::string_view method, std::string_view target) {
  HttpRequest request;
  Router::Match match;
  return Find(method, target, &request, &match);
}

TEST(Router, FindsByPathAndMethod) {
  EXPECT_EQ(Find("GET", "/v1/pipelines"), "/v1/pipelines");
  EXPECT_EQ(Find("POST", "/v1/pipelines:validate"), "/v1/pipelines:validate");
  EXPECT_EQ(Find("POST", "/v1/pipelines/x:start"), "/v1/pipelines/{p}:start");
  EXPECT_EQ(Find("GET", "/v1/pipelines/x:start"), "METHOD_NOT_ALLOWED");
  EXPECT_EQ(Find("POST", "/v1/pipelines/x:other"), "NOT_FOUND");
  EXPECT_EQ(Find("GET", "/v1/pipelines/"), "NOT_FOUND");
  EXPECT_EQ(Find("GET", "/v1/pipelines/x/views/y/rows/z"), "NOT_FOUND");
}

TEST(Router, DecodesParametersOfPathAndQuery) {
  HttpRequest request;
  Router::Match match;
  EXPECT_EQ(Find("GET", "/v1/pipelines/a%20b/views/v/rows?key=%22x+y%22&key=1", &request, &match),
            "/v1/pipelines/{p}/views/{v}/rows");
  EXPECT_EQ(request.PathParameter("p"), "a b");
  ASSERT_EQ(request.query.size(), 2u);
  EXPECT_EQ(request.query[0].second, "\"x y\"");
}

TEST(Router, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(Find("GET", "/v1/pipelines?limit=1"), "UNKNOWN_FIELD");
  EXPECT_EQ(Find("GET", "/v1/pipelines?page_size=%zz"), "INVALID_REQUEST");
  EXPECT_EQ(Find("GET", "/v1/pipelines/x/views/y/rows?key=%"), "INVALID_REQUEST");
  EXPECT_EQ(Find("GET", "/v1/pipelines/x/views/y/rows?limit=1&limit=2"), "INVALID_REQUEST");
  EXPECT_EQ(Find("GET", "/v1/pipelines/x/views/y/rows?key=%ff"), "INVALID_REQUEST");
  EXPECT_EQ(Find("GET", "/v1/pipelines/%ed%a0%80"), "INVALID_REQUEST");
  EXPECT_EQ(Find("GET", "/v1/pipelines/%z"), "INVALID_REQUEST");
  EXPECT_EQ(Find("GET", "*"), "INVALID_REQUEST");
  HttpRequest request;
  Router::Match match;
  EXPECT_EQ(Find("PATCH", "/v1/pipelines/x", &request, &match), "METHOD_NOT_ALLOWED");
  EXPECT_EQ(match.allow, "GET, HEAD, DELETE");
}

}  // namespace
}  // namespace freshet
