#include "server/http/routes/pipeline_routes.h"

#include <charconv>
#include <optional>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/http/api/pipeline_json.h"
#include "server/http/api/problem_json.h"
#include "server/http/api/simple_route.h"

namespace freshet {
namespace {

namespace json = boost::json;

std::string NameOf(const HttpRequest& request) { return StrCat("pipelines/", request.PathParameter("p")); }

HttpResponse PipelineResponse(const v1::Pipeline& pipeline) {
  HttpResponse response = HttpResponse::Json(json::serialize(PipelineJson(pipeline)));
  response.headers.emplace_back("ETag", pipeline.etag());
  return response;
}

// Etags carry their quotes, in the resource as in headers. Empty: any.
std::string IfMatch(const HttpRequest& request) {
  std::string_view etag = request.Header("if-match");
  return etag == "*" ? std::string() : std::string(etag);
}

absl::StatusOr<bool> Flag(const HttpRequest& request, std::string_view name) {
  auto value = request.Query(name);
  if (!value || *value == "false") return false;
  if (*value == "true" || value->empty()) return true;
  return MakeError(ErrorCode::kInvalidRequest, StrCat(name, "=", *value, " must be true or false"));
}

// The body is the definition's text; its language is the content type's.
absl::StatusOr<v1::Definition> DefinitionOf(const HttpRequest& request, const std::string& name) {
  std::string_view type = request.Header("content-type");
  type = type.substr(0, type.find_first_of("; "));
  v1::DefinitionFile file;
  if (type.empty() || type == "application/yaml" || type == "application/x-yaml" || type == "text/yaml") {
    file.set_language(v1::DefinitionFile::YAML);
    file.set_name(StrCat(name, ".yaml"));
  } else if (type == "application/json") {
    file.set_language(v1::DefinitionFile::JSON);
    file.set_name(StrCat(name, ".json"));
  } else if (type == "application/sql") {
    file.set_language(v1::DefinitionFile::SQL);
    file.set_name(StrCat(name, ".sql"));
  } else {
    return MakeError(
        ErrorCode::kUnsupportedMediaType,
        StrCat("a definition comes as application/yaml, application/json or application/sql, not as ", type));
  }
  file.set_text(request.body);
  v1::Definition definition;
  *definition.add_files() = std::move(file);
  return definition;
}

absl::StatusOr<HttpResponse> List(Pipelines& pipelines, const HttpRequest& request) {
  v1::ListPipelinesRequest list;
  list.set_page_token(std::string(request.Query("page_token").value_or("")));
  if (auto size = request.Query("page_size")) {
    int32_t value = 0;
    auto [end, error] = std::from_chars(size->data(), size->data() + size->size(), value);
    if (error != std::errc() || end != size->data() + size->size() || value < 0) {
      return MakeError(ErrorCode::kInvalidRequest, StrCat("page_size=", *size, " must be a number from 0 to 1000"));
    }
    list.set_page_size(value);
  }
  ASSIGN_OR_RETURN(v1::ListPipelinesResponse page, pipelines.List(list));
  json::array array;
  for (const v1::Pipeline& pipeline : page.pipelines()) array.push_back(PipelineJson(pipeline));
  return HttpResponse::Json(
      json::serialize(json::object{{"pipelines", std::move(array)}, {"next_page_token", page.next_page_token()}}));
}

absl::StatusOr<HttpResponse> Get(Pipelines& pipelines, const HttpRequest& request) {
  ASSIGN_OR_RETURN(v1::Pipeline pipeline, pipelines.Get(NameOf(request)));
  return PipelineResponse(pipeline);
}

absl::StatusOr<HttpResponse> Put(Pipelines& pipelines, const HttpRequest& request) {
  v1::UpdatePipelineRequest update;
  ASSIGN_OR_RETURN(bool validate_only, Flag(request, "validate_only"));
  ASSIGN_OR_RETURN(*update.mutable_pipeline()->mutable_definition(), DefinitionOf(request, request.PathParameter("p")));
  update.mutable_pipeline()->set_name(NameOf(request));
  update.mutable_pipeline()->set_etag(IfMatch(request));
  update.set_allow_missing(true);
  update.set_validate_only(validate_only);
  ASSIGN_OR_RETURN(v1::Pipeline pipeline, pipelines.Update(update));
  return PipelineResponse(pipeline);
}

absl::StatusOr<HttpResponse> Delete(Pipelines& pipelines, const HttpRequest& request) {
  v1::DeletePipelineRequest call;
  call.set_name(NameOf(request));
  call.set_etag(IfMatch(request));
  RETURN_IF_ERROR(pipelines.Delete(call));
  return HttpResponse{.status = 204, .headers = {}, .body = ""};
}

absl::StatusOr<HttpResponse> Start(Pipelines& pipelines, const HttpRequest& request) {
  v1::StartPipelineRequest call;
  call.set_name(NameOf(request));
  call.set_etag(IfMatch(request));
  ASSIGN_OR_RETURN(v1::Pipeline pipeline, pipelines.Start(call));
  return PipelineResponse(pipeline);
}

absl::StatusOr<HttpResponse> Stop(Pipelines& pipelines, const HttpRequest& request) {
  v1::StopPipelineRequest call;
  call.set_name(NameOf(request));
  call.set_etag(IfMatch(request));
  ASSIGN_OR_RETURN(v1::Pipeline pipeline, pipelines.Stop(call));
  return PipelineResponse(pipeline);
}

absl::StatusOr<HttpResponse> Validate(Pipelines& pipelines, const HttpRequest& request) {
  v1::ValidatePipelineRequest call;
  bool named = request.path_parameters.contains("p");
  ASSIGN_OR_RETURN(*call.mutable_definition(),
                   DefinitionOf(request, named ? request.PathParameter("p") : std::string("definition")));
  ASSIGN_OR_RETURN(v1::ValidatePipelineResponse answer, pipelines.Validate(call));
  return HttpResponse::Json(json::serialize(json::object{{"problems", ProblemsArray(answer.problems())}}));
}

absl::StatusOr<HttpResponse> Explain(Pipelines& pipelines, const HttpRequest& request) {
  v1::ExplainPipelineRequest call;
  const std::string_view format = request.Query("format").value_or("json");
  if (format != "json" && format != "text") {
    return MakeError(ErrorCode::kInvalidRequest, StrCat("format=", format, " must be json or text"));
  }
  if (request.path_parameters.contains("p") && request.body.empty()) {
    call.set_name(NameOf(request));
  } else {
    ASSIGN_OR_RETURN(*call.mutable_definition(), DefinitionOf(request, "definition"));
  }
  ASSIGN_OR_RETURN(v1::ExplainPipelineResponse answer, pipelines.Explain(call));
  if (format == "text") return HttpResponse::Text(answer.text());
  json::object object{{"text", answer.text()}, {"problems", ProblemsArray(answer.problems())}};
  boost::system::error_code error;
  json::value plan = json::parse(answer.json(), error);
  if (!error) object["plan"] = std::move(plan);
  return HttpResponse::Json(json::serialize(object));
}

}  // namespace

std::vector<std::unique_ptr<Route>> PipelineRoutes(const RouteServices& services) {
  std::vector<std::unique_ptr<Route>> routes;
  auto add = [&](RouteInfo info, auto answer) {
    info.blocks = true;
    routes.push_back(std::make_unique<SimpleRoute>(
        std::move(info),
        [answer, &pipelines = services.pipelines](const HttpRequest& request) { return answer(pipelines, request); }));
  };
  add({"GET", "/v1/pipelines", {"page_size", "page_token"}, "lists pipelines"}, List);
  add({"POST", "/v1/pipelines:validate", {}, "checks a definition and creates nothing"}, Validate);
  add({"POST", "/v1/pipelines:explain", {"format"}, "shows the plan of a definition"}, Explain);
  add({"GET", "/v1/pipelines/{p}", {}, "one pipeline with its definition"}, Get);
  add({"PUT",
       "/v1/pipelines/{p}",
       {"validate_only"},
       "creates or updates a pipeline from a definition's text, and starts it"},
      Put);
  add({"DELETE", "/v1/pipelines/{p}", {}, "deletes a pipeline with its state"}, Delete);
  add({"POST", "/v1/pipelines/{p}:start", {}, "starts it"}, Start);
  add({"POST", "/v1/pipelines/{p}:stop", {}, "stops it; its definition stays"}, Stop);
  add({"POST", "/v1/pipelines/{p}:validate", {}, "checks a definition under this name"}, Validate);
  add({"POST", "/v1/pipelines/{p}:explain", {"format"}, "shows the plan of its definition, or of the one sent"},
      Explain);
  return routes;
}

}  // namespace freshet
