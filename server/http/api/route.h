// One method on one path.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "server/http/api/http_request.h"
#include "server/http/api/response_writer.h"

namespace freshet {

struct RouteInfo {
  std::string_view method;   // GET, PUT, POST, DELETE
  std::string_view pattern;  // /v1/pipelines/{p}/views/{v}/rows, /v1/pipelines/{p}:start
  // The query parameters it takes; others are refused.
  std::vector<std::string_view> query_parameters;
  std::string_view doc;  // one line
  // Answered on a worker thread: it calls what may take tens of milliseconds. Else on an I/O thread: it must not block.
  bool blocks = false;
  // The one query parameter that may stand several times.
  std::string_view repeated_parameter = {};
};

class Route {
 public:
  virtual ~Route() = default;

  virtual const RouteInfo& info() const = 0;
  // Called from any thread, several at a time.
  virtual void Handle(HttpRequest request, std::shared_ptr<ResponseWriter> writer) = 0;
};

}  // namespace freshet
