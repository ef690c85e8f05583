#include "server/http/routes/changes_routes.h"

#include <charconv>
#include <utility>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/http/api/change_encoding.h"
#include "server/http/api/problem.h"

namespace freshet {
namespace {

struct ChangesParameters {
  ChangesQuery query;
  ChangesFormat format = ChangesFormat::kNdjson;
  ChangesEnvelope envelope = ChangesEnvelope::kChanges;
  RowJsonOptions json;
};

absl::StatusOr<ChangesParameters> ParseChanges(const HttpRequest& request) {
  ChangesParameters parameters;
  ChangesQuery& query = parameters.query;
  query.pipeline = request.PathParameter("p");
  query.view = request.PathParameter("v");
  query.token = std::string(request.Header("last-event-id"));
  if (request.Header("accept").find("text/event-stream") != std::string_view::npos) {
    parameters.format = ChangesFormat::kSse;
  }
  for (const auto& [name, value] : request.query) {
    if (name == "from") {
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), query.epoch);
      if (value == "snapshot" || value == "now") {
        query.from = value == "now" ? ChangesQuery::From::kNow : ChangesQuery::From::kSnapshot;
      } else if (error == std::errc() && end == value.data() + value.size() && query.epoch > 0) {
        query.from = ChangesQuery::From::kEpoch;
      } else {
        return MakeError(ErrorCode::kInvalidRequest,
                         StrCat("from=", value, " must be snapshot, now or the number of an epoch"));
      }
    } else if (name == "envelope") {
      if (value != "changes" && value != "upsert") {
        return MakeError(ErrorCode::kInvalidRequest, StrCat("envelope=", value, " must be changes or upsert"));
      }
      query.needs_key = value == "upsert";
      parameters.envelope = query.needs_key ? ChangesEnvelope::kUpsert : ChangesEnvelope::kChanges;
    } else if (name == "format") {
      if (value != "sse" && value != "ndjson") {
        return MakeError(ErrorCode::kInvalidRequest, StrCat("format=", value, " must be sse or ndjson"));
      }
      parameters.format = value == "sse" ? ChangesFormat::kSse : ChangesFormat::kNdjson;
    } else if (name == "int64") {
      if (value != "string" && value != "number") {
        return MakeError(ErrorCode::kInvalidRequest, StrCat("int64=", value, " must be number or string"));
      }
      parameters.json.int64_as_string = value == "string";
    }
  }
  return parameters;
}

class StreamSink : public ChangeSink {
 public:
  StreamSink(std::shared_ptr<ResponseWriter> writer, ChangesFormat format)
      : writer_(std::move(writer)), format_(format) {}

  void Begin(uint64_t epoch, uint64_t revision) override {
    HttpResponse response;
    response.headers.emplace_back(
        "Content-Type", format_ == ChangesFormat::kSse ? "text/event-stream; charset=utf-8" : "application/x-ndjson");
    response.headers.emplace_back("Cache-Control", "no-store");
    response.headers.emplace_back("X-Accel-Buffering", "no");  // proxies pass on each event
    if (epoch != 0) response.headers.emplace_back("Freshet-Epoch", StrCat(epoch));
    response.headers.emplace_back("Freshet-Revision", StrCat(revision));
    writer_->Start(std::move(response));
  }

  void Refuse(const absl::Status& status) override { writer_->Send(ProblemResponse(status)); }

  void Send(std::shared_ptr<const std::string> bytes, std::function<void(bool)> taken) override {
    writer_->WriteShared(std::move(bytes), std::move(taken));
  }

  void Finish() override { writer_->Finish(); }

 private:
  const std::shared_ptr<ResponseWriter> writer_;
  const ChangesFormat format_;
};

class ChangesRoute : public Route {
 public:
  explicit ChangesRoute(const RouteServices& services)
      : services_(services),
        info_{"GET",
              "/v1/pipelines/{p}/views/{v}/changes",
              {"from", "envelope", "format", "int64"},
              "changes of a view, whole epochs, as they come",
              false} {}

  const RouteInfo& info() const override { return info_; }

  void Handle(HttpRequest request, std::shared_ptr<ResponseWriter> writer) override {
    absl::StatusOr<ChangesParameters> parameters = ParseChanges(request);
    if (!parameters.ok()) return writer->Send(ProblemResponse(parameters.status()));
    if (request.head) {  // a stream without an end has no head to measure
      return writer->Send(ProblemResponse(MakeError(ErrorCode::kMethodNotAllowed, "changes are taken with GET")));
    }
    auto subscribed = services_.changes.Subscribe(
        parameters->query, MakeChangeEncoder(parameters->format, parameters->envelope, parameters->json),
        std::make_shared<StreamSink>(writer, parameters->format));
    if (!subscribed.ok()) return writer->Send(ProblemResponse(subscribed.status()));
    writer->OnGone([&changes = services_.changes, id = *subscribed] { changes.Unsubscribe(id); });
  }

 private:
  const RouteServices services_;
  const RouteInfo info_;
};

}  // namespace

std::vector<std::unique_ptr<Route>> ChangesRoutes(const RouteServices& services) {
  std::vector<std::unique_ptr<Route>> routes;
  routes.push_back(std::make_unique<ChangesRoute>(services));
  return routes;
}

}  // namespace freshet
