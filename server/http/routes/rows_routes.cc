#include "server/http/routes/rows_routes.h"

#include <utility>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/http/api/load_problem.h"
#include "server/http/api/problem.h"
#include "server/http/api/rows_query.h"
#include "server/http/routes/rows_page.h"

namespace freshet {
namespace {

// Answers with one page.
void AnswerPage(const RouteServices& services, RowsRequestParameters parameters, std::string if_none_match,
                std::shared_ptr<ResponseWriter> writer) {
  std::string pipeline = parameters.query.pipeline;
  auto read = services.reader.ReadRows(std::move(parameters.query), [services, writer, pipeline, json = parameters.json,
                                                                     if_none_match](absl::StatusOr<RowsPage> page) {
    if (!page.ok()) return SendReadProblem(services, pipeline, page.status(), writer);
    HttpResponse response = PageResponse(*page, json);
    if (!if_none_match.empty() && if_none_match == page->etag) {
      response.status = 304;
      response.body.clear();
    }
    writer->Send(std::move(response));
  });
  writer->OnGone([&reader = services.reader, read] { reader.Cancel(read); });
}

// Answers page by page, each asked for when the one before has been taken, so that a slow reader costs one page.
class RowsStream : public std::enable_shared_from_this<RowsStream> {
 public:
  RowsStream(const RouteServices& services, RowsRequestParameters parameters, std::shared_ptr<ResponseWriter> writer)
      : services_(services), parameters_(std::move(parameters)), writer_(std::move(writer)) {}

  void Next() {
    services_.reader.ReadRows(parameters_.query, [self = shared_from_this()](absl::StatusOr<RowsPage> page) {
      self->OnPage(std::move(page));
    });
  }

 private:
  void OnPage(absl::StatusOr<RowsPage> page) {
    bool first = !std::exchange(started_, true);
    if (!page.ok()) {
      if (first) return SendReadProblem(services_, parameters_.query.pipeline, page.status(), writer_);
      return Break(page.status());
    }
    if (first) writer_->Start(StreamHead(*page, parameters_.format));
    std::string lines = StreamRows(*page, parameters_.format, parameters_.json);
    bool last = page->next_page_token.empty() || parameters_.limited;
    if (last && parameters_.format == RowsFormat::kNdjson) {
      lines.append("{\"end\":{\"next_page_token\":");
      AppendJsonString(page->next_page_token, &lines);
      lines.append("}}\n");
    }
    parameters_.query.page_token = page->next_page_token;
    writer_->Write(std::move(lines), [self = shared_from_this(), last](bool taken) {
      if (!taken) return;
      if (last) return self->writer_->Finish();
      self->Next();
    });
  }

  // The stream has begun: NDJSON says why it ends, CSV can only be broken off.
  void Break(const absl::Status& status) {
    if (parameters_.format == RowsFormat::kCsv) return writer_->Abort();
    writer_->Write(StrCat("{\"error\":", ProblemJson(status), "}\n"), [self = shared_from_this()](bool taken) {
      if (taken) self->writer_->Finish();
    });
  }

  const RouteServices services_;
  RowsRequestParameters parameters_;
  const std::shared_ptr<ResponseWriter> writer_;
  bool started_ = false;
};

class RowsRoute : public Route {
 public:
  RowsRoute(const RouteServices& services, RouteInfo info) : services_(services), info_(std::move(info)) {}

  const RouteInfo& info() const override { return info_; }

  void Handle(HttpRequest request, std::shared_ptr<ResponseWriter> writer) override {
    absl::StatusOr<RowsRequestParameters> parameters = ParseRowsRequest(request, services_.settings);
    if (!parameters.ok()) return writer->Send(ProblemResponse(parameters.status()));
    if (parameters->format == RowsFormat::kJson) {
      return AnswerPage(services_, *std::move(parameters), std::string(request.Header("if-none-match")),
                        std::move(writer));
    }
    std::make_shared<RowsStream>(services_, *std::move(parameters), std::move(writer))->Next();
  }

 private:
  const RouteServices services_;
  const RouteInfo info_;
};

const std::vector<std::string_view> kParameters = {"key",      "where", "order", "limit", "page_token",
                                                   "at_least", "epoch", "int64", "format"};

}  // namespace

std::vector<std::unique_ptr<Route>> RowsRoutes(const RouteServices& services) {
  std::vector<std::unique_ptr<Route>> routes;
  routes.push_back(std::make_unique<RowsRoute>(
      services,
      RouteInfo{"GET", "/v1/pipelines/{p}/views/{v}/rows", kParameters, "rows of a materialized view", false, "key"}));
  routes.push_back(
      std::make_unique<RowsRoute>(services, RouteInfo{"GET", "/v1/pipelines/{p}/tables/{t}/rows", kParameters,
                                                      "rows of a materialized table", false, "key"}));
  return routes;
}

}  // namespace freshet
