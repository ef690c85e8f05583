#include "server/supervisor/group_reads.h"

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"

namespace freshet {

void GroupReads::Ask(uint64_t id, std::vector<Question> questions, std::chrono::milliseconds timeout, Done done) {
  Pending& pending = pending_[id];
  pending.responses.resize(questions.size());
  pending.missing = questions.size();
  pending.done = std::move(done);
  pending.timer = std::make_unique<boost::asio::steady_timer>(io_, timeout);
  pending.timer->async_wait([this, id, timeout](const boost::system::error_code& error) {
    if (!error) Cancel(id, TimedOut(id, timeout));
  });
  for (const Question& question : questions) pending.shards.push_back(question.shard);
  for (Question& question : questions) {
    v1::ToShard message;
    *message.mutable_read() = std::move(question.request);
    message.mutable_read()->set_id(id);
    send_(question.shard, message);
  }
}

void GroupReads::OnResponse(uint32_t shard, v1::ReadResponse response) {
  auto found = pending_.find(response.id());
  if (found == pending_.end()) return;  // cancelled meanwhile
  Pending& pending = found->second;
  if (!response.error_code().empty()) {
    const ErrorInfo* info = FindError(response.error_code());
    Cancel(response.id(), MakeError(info == nullptr ? ErrorCode::kInternal : info->code, response.error_message()));
    return;
  }
  for (size_t i = 0; i < pending.shards.size(); ++i) {
    if (pending.shards[i] != shard || pending.responses[i]) continue;
    pending.responses[i] = std::move(response);
    --pending.missing;
    break;
  }
  if (pending.missing > 0) return;
  Pending whole = std::move(pending);
  pending_.erase(found);
  std::vector<v1::ReadResponse> responses;
  for (auto& each : whole.responses) responses.push_back(*std::move(each));
  whole.done(std::move(responses));
}

absl::Status GroupReads::TimedOut(uint64_t id, std::chrono::milliseconds timeout) const {
  std::string silent;
  auto found = pending_.find(id);
  for (size_t i = 0; found != pending_.end() && i < found->second.shards.size(); ++i) {
    if (found->second.responses[i]) continue;
    silent += fmt::format("{}{}", silent.empty() ? "" : ", ", found->second.shards[i]);
  }
  return MakeError(
      ErrorCode::kUnavailable,
      fmt::format("no answer in {} ms from shard {}; try again (setting http.read_timeout)", timeout.count(), silent));
}

bool GroupReads::Cancel(uint64_t id, const absl::Status& reason) {
  auto found = pending_.find(id);
  if (found == pending_.end()) return false;
  Pending pending = std::move(found->second);
  pending_.erase(found);
  v1::ToShard message;
  message.mutable_cancel_read()->set_id(id);
  for (size_t i = 0; i < pending.shards.size(); ++i) {
    if (!pending.responses[i]) send_(pending.shards[i], message);
  }
  pending.done(reason);
  return true;
}

void GroupReads::CancelAll(const absl::Status& reason) {
  while (!pending_.empty()) {
    Pending pending = std::move(pending_.begin()->second);
    pending_.erase(pending_.begin());
    pending.done(reason);
  }
}

}  // namespace freshet
