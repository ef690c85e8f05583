#include "server/pipelines/change_pull.h"

#include <algorithm>
#include <numeric>

#include "boost/asio/post.hpp"
#include "engine/base/check.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr uint64_t kShardBytesMin = 64 << 10;

}  // namespace

void ChangePull::Next(std::function<void(absl::StatusOr<Answer>)> done) {
  Group::Read read;
  read.revision = view_.revision;
  read.timeout = options_.timeout;
  v1::ChangesRequest& changes = *read.request.mutable_changes();
  changes.set_view(view_.index);
  changes.set_after_epoch(after_);
  changes.set_up_to_epoch(up_to_);
  changes.set_max_bytes(std::max(options_.answer_bytes / view_.shard_count, kShardBytesMin));
  std::vector<uint32_t> shards;
  if (up_to_ != 0) {
    for (ChangeMerge::Question& question : merge_->Behind()) {
      shards.push_back(question.shard);
      read.pages.push_back({question.shard, std::move(question.cursor), 0});
    }
  } else {
    shards.resize(view_.shard_count);
    std::iota(shards.begin(), shards.end(), 0u);
  }
  ask_(view_.pipeline_uid, std::move(read),
       [self = shared_from_this(), shards, done = std::move(done)](absl::StatusOr<Group::ReadResult> result) mutable {
         boost::asio::post(self->executor_, [self, shards, done = std::move(done), result = std::move(result)] {
           self->OnAnswer(shards, result, done);
         });
       });
}

void ChangePull::OnAnswer(const std::vector<uint32_t>& shards, absl::StatusOr<Group::ReadResult> result,
                          const std::function<void(absl::StatusOr<Answer>)>& done) {
  if (!result.ok()) return done(result.status());
  if (up_to_ == 0) {
    up_to_ = result->epoch;
    if (after_ == 0) after_ = up_to_;
    finished_ = result->finished;
    merge_.emplace(view_.schema, view_.shard_count, after_, options_.answer_bytes);
  }
  if (result->responses.size() != shards.size()) {
    return done(MakeError(ErrorCode::kPipelineReplaced, "the pipeline has another number of shards now"));
  }
  Answer answer;
  for (size_t i = 0; i < shards.size(); ++i) {
    absl::Status status = merge_->Add(shards[i], result->responses[i]);
    if (result->responses[i].history() != 0) history_ = result->responses[i].history();
    if (!status.ok()) return done(MakeError(ErrorCode::kInternal, std::string(status.message())));
  }
  while (auto part = merge_->Take()) answer.parts.push_back(*std::move(part));
  answer.covered = merge_->covered();
  answer.history = history_;
  answer.complete = merge_->Behind().empty();
  if (answer.complete) {
    CHECK(!merge_->in_part() && answer.covered == up_to_) << answer.covered << " of " << up_to_;
    answer.finished = finished_;
    after_ = up_to_;
    up_to_ = 0;
  }
  done(std::move(answer));
}

}  // namespace freshet
