#include "server/http/routes/ingest_routes.h"

#include <optional>
#include <utility>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/formats/api/row_json.h"
#include "server/http/api/load_problem.h"
#include "server/http/api/problem.h"
#include "server/pipelines/ingestor.h"

namespace freshet {
namespace {

constexpr size_t kKeyBytesMax = 256;

std::optional<v1::IngestFormat> FormatNamed(std::string_view name) {
  if (name == "ndjson") return v1::NDJSON;
  if (name == "json") return v1::JSON_ARRAY;
  if (name == "csv") return v1::CSV_HEADER;
  return std::nullopt;
}

// Media types by RFC 9110, without their parameters.
std::optional<v1::IngestFormat> FormatOfType(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  if (type == "application/x-ndjson" || type == "application/ndjson" || type == "application/jsonl") return v1::NDJSON;
  if (type == "application/json") return v1::JSON_ARRAY;
  if (type == "text/csv") return v1::CSV_HEADER;
  return std::nullopt;
}

absl::StatusOr<v1::IngestFormat> FormatOf(const HttpRequest& request) {
  std::string_view type = request.Header("content-type");
  std::optional<v1::IngestFormat> format;
  if (auto name = request.Query("format")) {
    format = FormatNamed(*name);
    if (!format) {
      return MakeError(ErrorCode::kInvalidRequest, StrCat("format=", *name, " must be ndjson, json or csv"));
    }
    return *format;
  }
  format = FormatOfType(type);
  if (format) return *format;
  return MakeError(ErrorCode::kUnsupportedMediaType,
                   StrCat("Content-Type ", type.empty() ? "(none)" : type,
                          " is not one that rows come in; send application/x-ndjson, application/json (an array) or "
                          "text/csv, or say format=ndjson|json|csv"));
}

absl::StatusOr<IngestRows> ParseIngest(const HttpRequest& request) {
  IngestRows rows;
  rows.pipeline = request.PathParameter("p");
  rows.table = request.PathParameter("t");
  ASSIGN_OR_RETURN(rows.format, FormatOf(request));
  if (!request.Header("content-encoding").empty() && request.Header("content-encoding") != "identity") {
    return MakeError(ErrorCode::kUnsupportedMediaType, "Content-Encoding is not built in this release; send it plain");
  }
  if (auto wait = request.Query("wait")) {
    if (*wait != "durable" && *wait != "visible") {
      return MakeError(ErrorCode::kInvalidRequest, StrCat("wait=", *wait, " must be durable or visible"));
    }
    rows.wait_visible = *wait == "visible";
  }
  rows.idempotency_key = std::string(request.Header("idempotency-key"));
  if (rows.idempotency_key.size() > kKeyBytesMax) {
    return MakeError(ErrorCode::kInvalidRequest, StrCat("the Idempotency-Key has more than ", kKeyBytesMax, " bytes"));
  }
  return rows;
}

std::string AnswerText(const IngestedRows& taken) {
  std::string text = "{\"token\":";
  AppendJsonString(taken.token, &text);
  StrAppend(&text, ",\"accepted\":", taken.accepted, ",\"rejected\":", taken.rejected, ",\"errors\":[");
  for (size_t i = 0; i < taken.errors.size(); ++i) {
    const v1::IngestRecordError& error = taken.errors[i];
    StrAppend(&text, i == 0 ? "" : ",", "{\"line\":", error.line(), ",\"column\":", error.column(), ",\"code\":");
    AppendJsonString(error.code(), &text);
    text.append(",\"message\":");
    AppendJsonString(error.message(), &text);
    text.append("}");
  }
  text.append("]}");
  return text;
}

class IngestRoute : public Route {
 public:
  explicit IngestRoute(const RouteServices& services) : services_(services) {}

  const RouteInfo& info() const override { return info_; }

  void Handle(HttpRequest request, std::shared_ptr<ResponseWriter> writer) override {
    absl::StatusOr<IngestRows> rows = ParseIngest(request);
    if (!rows.ok()) return writer->Send(ProblemResponse(rows.status()));
    std::string pipeline = rows->pipeline;
    rows->body = std::move(request.body);
    services_.ingestor.Ingest(*std::move(rows),
                              [services = services_, pipeline, writer](absl::StatusOr<IngestedRows> taken) {
                                if (!taken.ok()) return SendReadProblem(services, pipeline, taken.status(), writer);
                                writer->Send(HttpResponse::Json(AnswerText(*taken)));
                              });
  }

 private:
  const RouteServices services_;
  const RouteInfo info_{"POST", "/v1/pipelines/{p}/tables/{t}:ingest", {"wait", "format"}, "rows into a table", false};
};

}  // namespace

std::vector<std::unique_ptr<Route>> IngestRoutes(const RouteServices& services) {
  std::vector<std::unique_ptr<Route>> routes;
  routes.push_back(std::make_unique<IngestRoute>(services));
  return routes;
}

}  // namespace freshet
