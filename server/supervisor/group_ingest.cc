#include "server/supervisor/group_ingest.h"

#include <utility>

#include "engine/base/check.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"

namespace freshet {

void GroupIngest::Submit(v1::IngestCall call, std::chrono::milliseconds timeout, Done done) {
  const uint64_t id = ++last_id_;
  Pending& pending = pending_[id];
  pending.done = std::move(done);
  pending.timer = std::make_unique<boost::asio::steady_timer>(io_, timeout);
  pending.timer->async_wait([this, id, timeout](const boost::system::error_code& error) {
    auto found = pending_.find(id);
    if (error || found == pending_.end()) return;
    Done late = std::move(found->second.done);
    pending_.erase(found);
    late(
        MakeError(ErrorCode::kUnavailable,
                  fmt::format("no answer in {} ms: it is not known whether the rows were taken; send the request again "
                              "with the same Idempotency-Key (setting ingest.timeout)",
                              timeout.count())));
  });
  v1::ToShard message;
  *message.mutable_ingest() = std::move(call);
  message.mutable_ingest()->set_id(id);
  send_(0, message);
}

void GroupIngest::OnAnswer(v1::IngestAnswer answer) {
  auto found = pending_.find(answer.id());
  if (found == pending_.end()) return;  // too late
  Done done = std::move(found->second.done);
  pending_.erase(found);
  if (answer.error_code().empty()) return done(std::move(answer));
  const ErrorInfo* info = FindError(answer.error_code());
  done(MakeError(info == nullptr ? ErrorCode::kInternal : info->code, answer.error_message()));
}

void GroupIngest::CancelAll(const absl::Status& reason) {
  while (!pending_.empty()) {
    Done done = std::move(pending_.begin()->second.done);
    pending_.erase(pending_.begin());
    done(reason);
  }
  while (!waiting_.empty()) EndWait(waiting_.begin()->first, reason);
  visible_.clear();
}

void GroupIngest::OnCommitted(const google::protobuf::RepeatedPtrField<v1::IngestPosition>& moved) {
  if (moved.empty()) return;
  for (const v1::IngestPosition& each : moved) visible_[each.table_uid()] = each.position();
  std::vector<uint64_t> covered;
  for (const auto& [id, waiting] : waiting_) {
    if (Covers(waiting.position)) covered.push_back(id);
  }
  for (uint64_t id : covered) EndWait(id, absl::OkStatus());
}

bool GroupIngest::Covers(const v1::IngestPosition& position) const {
  auto visible = visible_.find(position.table_uid());
  return visible != visible_.end() && visible->second >= position.position();
}

void GroupIngest::WhenCovered(v1::IngestPosition position, std::chrono::milliseconds timeout,
                              std::function<void(absl::Status)> then) {
  if (Covers(position)) return then(absl::OkStatus());
  const uint64_t id = ++last_id_;
  Waiting& waiting = waiting_[id];
  waiting.position = std::move(position);
  waiting.then = std::move(then);
  waiting.timer = std::make_unique<boost::asio::steady_timer>(io_, timeout);
  waiting.timer->async_wait([this, id, timeout](const boost::system::error_code& error) {
    if (error || !waiting_.contains(id)) return;
    EndWait(id, MakeError(ErrorCode::kUnavailable,
                          fmt::format("the rows of the token in at_least are not visible after {} ms; try again",
                                      timeout.count())));
  });
}

void GroupIngest::EndWait(uint64_t id, const absl::Status& status) {
  auto found = waiting_.find(id);
  CHECK(found != waiting_.end());
  auto then = std::move(found->second.then);
  waiting_.erase(found);
  then(status);
}

}  // namespace freshet
