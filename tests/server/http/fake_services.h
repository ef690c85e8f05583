// A pipeline service and a reader with scripted answers, and a server over them.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/str_cat.h"
#include "engine/columnar/text_form.h"
#include "server/errors/error_list.h"
#include "server/http/http_server.h"
#include "server/pipelines/changes.h"
#include "server/pipelines/problems.h"

namespace freshet {

class FakePipelines : public Pipelines {
 public:
  absl::StatusOr<v1::Pipeline> Create(const v1::CreatePipelineRequest&) override { return Unused(); }
  absl::StatusOr<v1::Pipeline> Get(const std::string& name) override {
    if (name != "pipelines/flights") return MakeError(ErrorCode::kNotFound, StrCat("there is no pipeline ", name));
    v1::Pipeline pipeline;
    pipeline.set_name(name);
    pipeline.set_etag("\"7\"");
    pipeline.set_state(v1::Pipeline::RUNNING);
    pipeline.mutable_status()->set_epoch(12);
    pipeline.mutable_status()->mutable_load()->set_rows(5);
    pipeline.mutable_status()->add_shards()->set_pid(99);
    return pipeline;
  }
  absl::StatusOr<v1::ListPipelinesResponse> List(const v1::ListPipelinesRequest&) override {
    v1::ListPipelinesResponse response;
    *response.add_pipelines() = *Get("pipelines/flights");
    return response;
  }
  absl::StatusOr<v1::Pipeline> Update(const v1::UpdatePipelineRequest& request) override {
    std::lock_guard lock(mutex_);
    updates_.push_back(request);
    if (request.pipeline().definition().files(0).text() == "bad") {
      v1::Problems problems;
      v1::Problem* problem = problems.add_problems();
      problem->set_code("UNKNOWN_COLUMN");
      problem->set_line(3);
      return ProblemsError(problems);
    }
    return Get(request.pipeline().name());
  }
  absl::Status Delete(const v1::DeletePipelineRequest&) override { return absl::OkStatus(); }
  absl::StatusOr<v1::Pipeline> Start(const v1::StartPipelineRequest& request) override { return Get(request.name()); }
  absl::StatusOr<v1::Pipeline> Stop(const v1::StopPipelineRequest& request) override { return Get(request.name()); }
  absl::StatusOr<v1::ValidatePipelineResponse> Validate(const v1::ValidatePipelineRequest&) override {
    return v1::ValidatePipelineResponse();
  }
  absl::StatusOr<v1::ExplainPipelineResponse> Explain(const v1::ExplainPipelineRequest&) override {
    v1::ExplainPipelineResponse response;
    response.set_text("view late\n");
    response.set_json("{}");
    return response;
  }
  absl::StatusOr<std::unique_ptr<PipelineWatch>> Watch(const std::string&, WatchCallback) override { return Unused(); }
  absl::StatusOr<std::vector<RelationInfo>> Relations(const std::string&) override {
    RelationInfo view{.name = "late", .table = false, .materialized = true, .columns = {}, .key = {"k"}};
    view.rows = 3;
    return std::vector<RelationInfo>{view, {.name = "flights", .table = true, .columns = {}, .key = {}}};
  }
  std::vector<ShardMetrics> Metrics() override { return {}; }

  std::vector<v1::UpdatePipelineRequest> updates() {
    std::lock_guard lock(mutex_);
    return updates_;
  }

 private:
  static absl::Status Unused() { return MakeError(ErrorCode::kInternal, "not called by these tests"); }
  std::mutex mutex_;
  std::vector<v1::UpdatePipelineRequest> updates_;
};

// Takes what it is given, and remembers the last request.
class FakeIngestor : public Ingestor {
 public:
  void Ingest(IngestRows rows, std::function<void(absl::StatusOr<IngestedRows>)> done) override {
    last = std::move(rows);
    done(answer);
  }

  IngestRows last;
  absl::StatusOr<IngestedRows> answer = IngestedRows{.token = "t", .accepted = 1, .rejected = 0, .errors = {}};
};

// View `late`: `rows_` rows of (k bigint, v text), in pages. View `slow` never answers, until it is cancelled;
// `loading` is HYDRATING; `breaks` fails at its second page.
class FakeReader : public Reader {
 public:
  ReadId ReadRows(RowsQuery query, std::function<void(absl::StatusOr<RowsPage>)> done) override {
    ReadId id = ++next_id_;
    if (query.relation == "slow") {
      std::lock_guard lock(mutex_);
      waiting_[id] = std::move(done);
      return id;
    }
    if (query.relation == "loading") {
      done(MakeError(ErrorCode::kHydrating, "the first fill is not complete"));
    } else if (query.relation == "breaks" && !query.page_token.empty()) {
      done(MakeError(ErrorCode::kEpochGone, "the epoch is gone"));
    } else if (query.relation == "late" || query.relation == "breaks") {
      done(Page(query));
    } else {
      done(MakeError(ErrorCode::kNotFound, StrCat("there is no view ", query.relation)));
    }
    return id;
  }
  ReadId ReadDeadLetters(DeadLettersQuery, std::function<void(absl::StatusOr<DeadLettersPage>)> done) override {
    DeadLettersPage page;
    v1::DeadLetter letter;
    letter.set_code("MALFORMED_RECORD");
    letter.set_record("a\xff\"b");
    page.dead_letters.push_back(letter);
    done(page);
    return ++next_id_;
  }
  ReadId ReadErrors(std::string, std::function<void(absl::StatusOr<std::vector<v1::ExpressionError>>)> done) override {
    done(std::vector<v1::ExpressionError>());
    return ++next_id_;
  }
  void Cancel(ReadId id) override {
    std::function<void(absl::StatusOr<RowsPage>)> done;
    {
      std::lock_guard lock(mutex_);
      auto waiting = waiting_.find(id);
      if (waiting == waiting_.end()) return;
      done = std::move(waiting->second);
      waiting_.erase(waiting);
      ++cancelled_;
    }
    done(absl::CancelledError("the reader is gone"));
  }

  int cancelled() {
    std::lock_guard lock(mutex_);
    return cancelled_;
  }
  int waiting() {
    std::lock_guard lock(mutex_);
    return static_cast<int>(waiting_.size());
  }
  // What waits gets an empty page.
  void Answer() {
    std::map<ReadId, std::function<void(absl::StatusOr<RowsPage>)>> waiting;
    {
      std::lock_guard lock(mutex_);
      waiting = std::exchange(waiting_, {});
    }
    for (auto& [id, done] : waiting) done(RowsPage());
  }
  std::atomic<uint32_t> rows_ = 3;

 private:
  RowsPage Page(const RowsQuery& query) {
    RowsPage page;
    page.epoch = 12;
    page.revision = 1;
    page.etag = "\"e12\"";
    page.schema = {{"k", {TypeKind::kBigint}}, {"v", {TypeKind::kText}}};
    uint32_t begin = query.page_token.empty() ? 0 : static_cast<uint32_t>(std::stoul(query.page_token));
    std::vector<std::pair<Row, int64_t>> rows;
    uint32_t i = begin;
    for (; i < rows_ && i < begin + query.limit; ++i) {
      rows.push_back({{Datum::Int(i), i == 1 ? Datum::Error(CellError::kOverflow) : Datum::Text("row")}, 1});
    }
    page.rows = BatchOf(rows, page.schema);
    if (i < rows_) page.next_page_token = StrCat(i);
    return page;
  }

  std::atomic<ReadId> next_id_ = 0;
  std::mutex mutex_;
  std::map<ReadId, std::function<void(absl::StatusOr<RowsPage>)>> waiting_;
  int cancelled_ = 0;
};

// View `late`: one epoch, then its end; after `token` 7 a stream that tests write to. Others are not there.
class FakeChanges : public Changes {
 public:
  absl::StatusOr<SubscriptionId> Subscribe(ChangesQuery query, std::shared_ptr<const ChangeEncoder> encoder,
                                           std::shared_ptr<ChangeSink> sink) override {
    std::lock_guard lock(mutex_);
    queries_.push_back(query);
    if (query.view != "late") return MakeError(ErrorCode::kNotFound, StrCat("there is no view ", query.view));
    if (query.epoch == 1) {
      sink->Refuse(MakeError(ErrorCode::kEpochGone, "epoch 1 is no longer kept"));
      return 1;
    }
    sink->Begin(11, 2);
    if (query.token == "open") return 2;
    const Schema schema = {{"k", {TypeKind::kBigint}}};
    const DeltaBatch rows = *ParseBatch("+1 | 5", schema);
    ChangePart part{.schema = schema, .key = {}, .epoch = 12, .rows = std::span(&rows, 1)};
    sink->Send(std::make_shared<const std::string>(encoder->Part(part, "t12")), [sink, encoder](bool taken) {
      if (!taken) return;
      sink->Send(std::make_shared<const std::string>(encoder->End(absl::OkStatus(), "")), [sink](bool whole) {
        if (whole) sink->Finish();
      });
    });
    return 3;
  }
  void Unsubscribe(SubscriptionId id) override { gone_ = id; }

  std::vector<ChangesQuery> queries() {
    std::lock_guard lock(mutex_);
    return queries_;
  }
  std::atomic<SubscriptionId> gone_ = 0;

 private:
  std::mutex mutex_;
  std::vector<ChangesQuery> queries_;
};

}  // namespace freshet
