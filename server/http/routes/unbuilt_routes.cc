#include "server/http/routes/unbuilt_routes.h"

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/http/api/simple_route.h"

namespace freshet {
namespace {

// Query parameters are let through: the answer must name the feature, not a parameter of it.
class UnbuiltRoute : public Route {
 public:
  UnbuiltRoute(std::string_view method, std::string_view pattern, std::vector<std::string_view> parameters,
               std::string_view feature)
      : info_{method, pattern, std::move(parameters), feature, false} {}

  const RouteInfo& info() const override { return info_; }
  void Handle(HttpRequest, std::shared_ptr<ResponseWriter> writer) override {
    writer->Send(
        ProblemResponse(MakeError(ErrorCode::kUnsupported, StrCat(info_.doc, " is not built in this release"))));
  }

 private:
  const RouteInfo info_;
};

}  // namespace

std::vector<std::unique_ptr<Route>> UnbuiltRoutes() {
  std::vector<std::unique_ptr<Route>> routes;
  auto add = [&](std::string_view method, std::string_view pattern, std::vector<std::string_view> parameters,
                 std::string_view feature) {
    routes.push_back(std::make_unique<UnbuiltRoute>(method, pattern, std::move(parameters), feature));
  };
  add("POST", "/v1/pipelines/{p}:query", {}, "ad-hoc SQL");
  return routes;
}

}  // namespace freshet
