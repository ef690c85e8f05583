#include "server/http/routes/status_routes.h"

#include <charconv>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/formats/api/row_json.h"
#include "server/http/api/load_problem.h"
#include "server/http/api/pipeline_json.h"
#include "server/http/api/shown_text.h"
#include "server/http/api/simple_route.h"

namespace freshet {
namespace {

namespace json = boost::json;

std::string NameOf(const HttpRequest& request) { return StrCat("pipelines/", request.PathParameter("p")); }

std::unique_ptr<Route> RelationsRoute(const RouteServices& services, std::string_view pattern, bool tables) {
  return std::make_unique<SimpleRoute>(
      RouteInfo{"GET", pattern, {}, "names, columns, types, keys, number of rows", true},
      [&pipelines = services.pipelines, tables](const HttpRequest& request) -> absl::StatusOr<HttpResponse> {
        ASSIGN_OR_RETURN(std::vector<RelationInfo> relations, pipelines.Relations(NameOf(request)));
        json::array array;
        for (const RelationInfo& relation : relations) {
          if (relation.table == tables) array.push_back(RelationJson(relation));
        }
        return HttpResponse::Json(json::serialize(json::object{{tables ? "tables" : "views", std::move(array)}}));
      });
}

HttpResponse DeadLettersResponse(const DeadLettersPage& page) {
  json::array letters;
  for (const v1::DeadLetter& letter : page.dead_letters) {
    letters.push_back(json::object{{"table", letter.table()},
                                   {"source", letter.source()},
                                   {"partition", ShownText(letter.partition())},
                                   {"position", letter.position()},
                                   {"epoch", letter.epoch()},
                                   {"code", letter.code()},
                                   {"message", ShownText(letter.message())},
                                   {"record", ShownText(letter.record())}});
  }
  return HttpResponse::Json(
      json::serialize(json::object{{"dead_letters", std::move(letters)}, {"next_page_token", page.next_page_token}}));
}

class DeadLettersRoute : public Route {
 public:
  explicit DeadLettersRoute(const RouteServices& services) : services_(services) {}

  const RouteInfo& info() const override { return info_; }
  void Handle(HttpRequest request, std::shared_ptr<ResponseWriter> writer) override {
    DeadLettersQuery query;
    query.pipeline = request.PathParameter("p");
    query.page_token = std::string(request.Query("page_token").value_or(""));
    if (auto limit = request.Query("limit")) {
      auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), query.limit);
      if (error != std::errc() || end != limit->data() + limit->size() || query.limit == 0 ||
          query.limit > services_.settings.http_page_rows_max) {
        return writer->Send(ProblemResponse(MakeError(
            ErrorCode::kInvalidRequest,
            StrCat("limit=", *limit, " must be a number from 1 to ", services_.settings.http_page_rows_max))));
      }
    }
    services_.reader.ReadDeadLetters(query, [writer](absl::StatusOr<DeadLettersPage> page) {
      writer->Send(page.ok() ? DeadLettersResponse(*page) : ProblemResponse(page.status()));
    });
  }

 private:
  const RouteServices services_;
  const RouteInfo info_{"GET",
                        "/v1/pipelines/{p}/dead-letters",
                        {"limit", "page_token"},
                        "input records that could not be used, with their reasons",
                        false};
};

class ErrorsRoute : public Route {
 public:
  explicit ErrorsRoute(const RouteServices& services) : services_(services) {}

  const RouteInfo& info() const override { return info_; }
  void Handle(HttpRequest request, std::shared_ptr<ResponseWriter> writer) override {
    services_.reader.ReadErrors(
        request.PathParameter("p"), [writer](absl::StatusOr<std::vector<v1::ExpressionError>> errors) {
          if (!errors.ok()) return writer->Send(ProblemResponse(errors.status()));
          json::array array;
          for (const v1::ExpressionError& error : *errors) {
            json::object shown = {{"node", error.node()}};
            if (!error.column().empty()) shown["column"] = error.column();
            shown["code"] = error.code();
            shown["count"] = error.count();
            shown["sample"] = ShownText(error.sample());
            array.push_back(std::move(shown));
          }
          writer->Send(HttpResponse::Json(json::serialize(json::object{{"errors", std::move(array)}})));
        });
  }

 private:
  const RouteServices services_;
  const RouteInfo info_{"GET",
                        "/v1/pipelines/{p}/errors",
                        {},
                        "rows that a node could not use, and ERROR cells of views by column, with counts and a sample",
                        false};
};

}  // namespace

std::vector<std::unique_ptr<Route>> StatusRoutes(const RouteServices& services) {
  std::vector<std::unique_ptr<Route>> routes;
  routes.push_back(RelationsRoute(services, "/v1/pipelines/{p}/tables", true));
  routes.push_back(RelationsRoute(services, "/v1/pipelines/{p}/views", false));
  routes.push_back(std::make_unique<SimpleRoute>(
      RouteInfo{"GET", "/v1/pipelines/{p}/status", {}, "state, epoch, lag, load, shards, sources, views", true},
      [&pipelines = services.pipelines](const HttpRequest& request) -> absl::StatusOr<HttpResponse> {
        ASSIGN_OR_RETURN(v1::Pipeline pipeline, pipelines.Get(NameOf(request)));
        return HttpResponse::Json(json::serialize(StatusJson(pipeline)));
      }));
  routes.push_back(std::make_unique<DeadLettersRoute>(services));
  routes.push_back(std::make_unique<ErrorsRoute>(services));
  return routes;
}

}  // namespace freshet
