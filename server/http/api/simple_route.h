// A route whose answer is computed in one go.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "server/http/api/problem.h"
#include "server/http/api/route.h"

namespace freshet {

class SimpleRoute : public Route {
 public:
  using Answer = std::function<absl::StatusOr<HttpResponse>(const HttpRequest&)>;

  SimpleRoute(RouteInfo info, Answer answer) : info_(std::move(info)), answer_(std::move(answer)) {}

  const RouteInfo& info() const override { return info_; }
  void Handle(HttpRequest request, std::shared_ptr<ResponseWriter> writer) override {
    absl::StatusOr<HttpResponse> response = answer_(request);
    writer->Send(response.ok() ? *std::move(response) : ProblemResponse(response.status()));
  }

 private:
  const RouteInfo info_;
  const Answer answer_;
};

}  // namespace freshet
