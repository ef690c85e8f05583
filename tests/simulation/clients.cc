#include "tests/simulation/clients.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/batch_codec.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr uint32_t kPageRows = 7;
constexpr uint64_t kAnswerBytes = 200;

bool IsError(const v1::ReadResponse& response, ErrorCode code) { return response.error_code() == InfoOf(code).name; }

void AddBatch(const SimulatedPipeline& pipeline, uint32_t view, const std::string& bytes, Content* content) {
  std::vector<DataType> types;
  for (const Field& field : pipeline.ViewSchema(view)) types.push_back(field.type);
  absl::StatusOr<DeltaBatch> rows = DecodeBatch(bytes, types);
  CHECK(rows.ok()) << rows.status().ToString();
  AddRows(*rows, content);
}

}  // namespace

void IngestClient::Step(bool more) {
  if (waiting_ > 0 || !context_->pipeline->serving()) return;
  if (request_ && acknowledged_) {
    // A client that did not get the answer asks again.
    if (more && context_->world->random() % 4 == 0) return Send();
    request_.reset();
  }
  if (!request_) {
    if (!more) return;
    request_ = RandomRequest(context_->world->random, context_->requests.size());
    context_->requests[request_->key] = *request_;
    acknowledged_ = false;
  }
  Send();
  if (context_->world->random() % 8 == 0) Send();
}

void IngestClient::Send() {
  const bool visible = context_->world->random() % 2 == 0;
  v1::IngestCall call;
  call.set_table(request_->table);
  call.set_format(v1::NDJSON);
  call.set_idempotency_key(request_->key);
  call.set_wait_visible(visible);
  call.set_body(request_->body);
  ++waiting_;
  context_->pipeline->Ingest(std::move(call), [this, visible](const v1::IngestAnswer* answer) {
    --waiting_;
    if (answer == nullptr) return;  // the group has ended: sent again
    if (answer->error_code().empty()) {
      acknowledged_ = true;
      context_->witness->Acknowledged(*request_, *answer, visible);
    } else if (answer->error_code() == InfoOf(ErrorCode::kIdempotencyConflict).name ||
               answer->error_code() == InfoOf(ErrorCode::kUnknownTable).name) {
      context_->witness->Complain(StrCat(request_->key, ": ", answer->error_message()));
    }
  });
}

void PageReader::Step() {
  if (reading_ || !context_->pipeline->serving()) return;
  static const char* const kViews[] = {"balances", "owned", "active"};
  reading_ = true;
  view_ = kViews[context_->world->random() % 3];
  epoch_ = context_->pipeline->newest();
  known_visible_ = context_->witness->known_visible();
  shard_ = 0;
  after_.clear();
  content_.clear();
  if (epoch_ < last_epoch_) context_->witness->Complain(StrCat("epoch ", epoch_, " came after ", last_epoch_));
  last_epoch_ = epoch_;
  Ask();
}

void PageReader::Ask() {
  v1::ReadRequest request;
  v1::RowsRequest& rows = *request.mutable_rows();
  rows.set_view(context_->pipeline->ViewIndex(view_));
  rows.set_epoch(epoch_);
  rows.set_limit(kPageRows);
  rows.set_after(after_);
  rows.set_pin(true);
  context_->pipeline->Read({{shard_, std::move(request)}}, [this](const auto* responses) { OnPage(responses); });
}

void PageReader::OnPage(const std::vector<v1::ReadResponse>* responses) {
  if (responses == nullptr) {
    reading_ = false;
    return;
  }
  const v1::ReadResponse& response = responses->front();
  if (!response.error_code().empty()) {
    // A later page of a restarted group: the epoch is not held there.
    const bool may_be = IsError(response, ErrorCode::kEpochGone);
    if (!may_be) context_->witness->Complain(StrCat("a page: ", response.error_message()));
    reading_ = false;
    return;
  }
  AddBatch(*context_->pipeline, context_->pipeline->ViewIndex(view_), response.batch(), &content_);
  if (response.more()) {
    after_ = response.cursors(response.cursors_size() - 1);
  } else {
    ++shard_;
    after_.clear();
  }
  if (shard_ < context_->pipeline->shard_count()) return Ask();
  reading_ = false;
  ++listings_;
  context_->witness->Saw(view_, epoch_, content_, known_visible_);
}

void ChangeFollower::Step() {
  if (asking_ || !context_->pipeline->serving()) return;
  if (std::exchange(generation_, context_->pipeline->generation()) != context_->pipeline->generation()) {
    merge_ = nullptr;  // goes on behind the last whole epoch
    part_.clear();
  }
  if (epoch_ == 0) return AskSnapshot();
  AskChanges();
}

void ChangeFollower::AskSnapshot() {
  asking_ = true;
  up_to_ = context_->pipeline->newest();
  known_visible_ = context_->witness->known_visible();
  std::vector<SimulatedPipeline::Question> questions;
  for (uint16_t shard = 0; shard < context_->pipeline->shard_count(); ++shard) {
    v1::ReadRequest request;
    request.mutable_rows()->set_view(context_->pipeline->ViewIndex(view_));
    request.mutable_rows()->set_epoch(up_to_);
    request.mutable_rows()->set_limit(1000);
    questions.push_back({shard, std::move(request)});
  }
  context_->pipeline->Read(std::move(questions), [this](const auto* responses) { OnSnapshot(responses); });
}

void ChangeFollower::OnSnapshot(const std::vector<v1::ReadResponse>* responses) {
  asking_ = false;
  if (responses == nullptr) return;
  Content content;
  for (const v1::ReadResponse& response : *responses) {
    if (IsError(response, ErrorCode::kEpochGone)) return;
    if (!response.error_code().empty() || response.more()) {
      return context_->witness->Complain(StrCat("a snapshot: ", response.error_message()));
    }
    AddBatch(*context_->pipeline, context_->pipeline->ViewIndex(view_), response.batch(), &content);
  }
  content_ = std::move(content);
  epoch_ = up_to_;
  context_->witness->Saw(view_, epoch_, content_, known_visible_);
}

void ChangeFollower::AskChanges() {
  const uint32_t view = context_->pipeline->ViewIndex(view_);
  const uint16_t shard_count = context_->pipeline->shard_count();
  asked_.clear();
  std::vector<SimulatedPipeline::Question> questions;
  auto ask = [&](uint16_t shard, const std::string& cursor) {
    v1::ReadRequest request;
    v1::ChangesRequest& changes = *request.mutable_changes();
    changes.set_view(view);
    changes.set_up_to_epoch(up_to_);
    changes.set_max_bytes(kAnswerBytes);
    changes.set_after_epoch(epoch_);
    changes.set_cursor(cursor);
    asked_.push_back(shard);
    questions.push_back({shard, std::move(request)});
  };
  if (merge_ == nullptr) {
    if (context_->pipeline->newest() <= epoch_) return;
    up_to_ = context_->pipeline->newest();
    known_visible_ = context_->witness->known_visible();
    merge_ = std::make_unique<ChangeMerge>(context_->pipeline->ViewSchema(view), shard_count, epoch_, 1 << 20);
    for (uint16_t shard = 0; shard < shard_count; ++shard) ask(shard, "");
  } else {
    for (const ChangeMerge::Question& behind : merge_->Behind())
      ask(static_cast<uint16_t>(behind.shard), behind.cursor);
  }
  asking_ = true;
  context_->pipeline->Read(std::move(questions), [this](const auto* responses) { OnChanges(responses); });
}

void ChangeFollower::OnChanges(const std::vector<v1::ReadResponse>* responses) {
  asking_ = false;
  if (responses == nullptr) return;
  for (size_t i = 0; i < responses->size(); ++i) {
    const v1::ReadResponse& response = (*responses)[i];
    if (IsError(response, ErrorCode::kEpochGone)) {
      ++refetches_;
      epoch_ = 0;
      merge_ = nullptr;
      part_.clear();
      return;
    }
    if (!response.error_code().empty())
      return context_->witness->Complain(StrCat("changes: ", response.error_message()));
    if (response.history() != 0 && history_.value_or(response.history()) != response.history()) {
      context_->witness->Complain("the history is another one, and no source has changed");
    }
    if (response.history() != 0) history_ = response.history();
    absl::Status added = merge_->Add(asked_[i], response);
    if (!added.ok()) return context_->witness->Complain(added.ToString());
  }
  while (std::optional<ChangeMerge::Part> part = merge_->Take()) {
    for (const DeltaBatch& rows : part->rows) AddRows(rows, &part_);
    if (part->partial) continue;
    AddContent(std::exchange(part_, {}), &content_);
    epoch_ = part->epoch;
    // What was visible when the round began is in its last epoch, not in those before.
    context_->witness->Saw(view_, epoch_, content_, {});
  }
  if (merge_->covered() < up_to_) return;
  epoch_ = up_to_;
  merge_ = nullptr;
  context_->witness->Saw(view_, epoch_, content_, known_visible_);
}

}  // namespace freshet
