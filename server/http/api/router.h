// Finds the route of a request: by path, then method; and checks its query parameters.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/api/http_request.h"
#include "server/http/api/route.h"

namespace freshet {

class Router {
 public:
  explicit Router(std::vector<std::unique_ptr<Route>> routes);

  struct Match {
    Route* route = nullptr;
    // Set with METHOD_NOT_ALLOWED: the methods that the path takes.
    std::string allow;
  };
  // Fills request->path_parameters. Errors: NOT_FOUND, METHOD_NOT_ALLOWED (with match->allow), UNKNOWN_FIELD for a
  // query parameter that the route does not take, INVALID_REQUEST for one that stands twice where it may not.
  absl::Status Find(HttpRequest* request, Match* match) const;

  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  std::vector<std::unique_ptr<Route>> routes_;
};

// Splits `/a/b?x=1&y=2`; percent-decodes the query. Error: INVALID_REQUEST for bad escapes.
absl::Status ParseTarget(std::string_view target, HttpRequest* request);

}  // namespace freshet
