#include "server/pipelines/change_hub.h"

#include <algorithm>

#include "boost/asio/post.hpp"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/pipelines/change_token.h"

namespace freshet {

ChangeHub::ChangeHub(const ChangeEnvironment& environment, FollowedView view, std::function<void(uint64_t)> forgotten)
    : environment_(environment), view_(std::move(view)), forgotten_(std::move(forgotten)) {}

std::string ChangeHub::TokenOf(uint64_t epoch) const {
  return EncodeChangeToken({view_.pipeline_uid, view_.view, history_, epoch}, environment_.seed);
}

ChangeStream& ChangeHub::StreamOf(const std::shared_ptr<const ChangeEncoder>& encoder) {
  std::unique_ptr<ChangeStream>& stream = streams_[std::string(encoder->name())];
  if (stream == nullptr) {
    stream = std::make_unique<ChangeStream>(
        view_, encoder, [this](uint64_t epoch) { return TokenOf(epoch); }, environment_.count_encoding,
        std::max(head_, part_epoch_));
  }
  return *stream;
}

void ChangeHub::Add(uint64_t id, ChangeSubscriber::Start start, std::shared_ptr<const ChangeEncoder> encoder,
                    std::shared_ptr<ChangeSink> sink) {
  auto subscriber =
      std::make_shared<ChangeSubscriber>(shared_from_this(), id, start, StreamOf(encoder), std::move(sink));
  subscribers_.emplace(id, subscriber);
  subscriber->Continue();
}

void ChangeHub::Remove(uint64_t id) {
  auto found = subscribers_.find(id);
  if (found == subscribers_.end()) return;
  std::shared_ptr<ChangeSubscriber> subscriber = found->second;
  subscriber->Drop();
}

void ChangeHub::Forget(uint64_t id) {
  boost::asio::post(*environment_.io, [self = shared_from_this(), id] {
    if (self->subscribers_.erase(id) > 0) self->forgotten_(id);
    self->Release();
    self->PullIfDue();  // who is left may have room
  });
}

void ChangeHub::Poke() {
  due_ = true;
  for (const auto& [id, subscriber] : subscribers_) subscriber->Continue();
  PullIfDue();
}

void ChangeHub::Tick() {
  const int64_t now = environment_.clock->MonotonicMicros();
  if (!waiting_.ok()) PullIfDue();
  for (const auto& [id, subscriber] : subscribers_) subscriber->Tick(now);
  const int64_t stall = static_cast<int64_t>(environment_.settings->http_changes_stall_timeout_ms) * 1000;
  if (no_room_since_ != 0 && now - no_room_since_ > stall && CutOffSlow(0)) PullIfDue();
}

void ChangeHub::EndAll(const absl::Status& why) {
  for (const auto& [id, subscriber] : subscribers_) subscriber->End(why);
}

void ChangeHub::DropAll() {
  for (const auto& [id, subscriber] : subscribers_) subscriber->Drop();
}

void ChangeHub::SawHistory(uint64_t history) {
  if (history == 0 || history == history_) return;
  const bool other = std::exchange(history_, history) != 0;
  if (other) {
    EndAll(MakeError(ErrorCode::kEpochGone, "a source has given other rows than before: what was sent may not hold"));
  }
}

bool ChangeHub::Passes(const absl::Status& status) const {
  const ErrorCode code = CodeOf(status);
  if (code == ErrorCode::kNotRunning) return environment_.is_wanted(view_.pipeline_uid);  // the daemon has just begun
  return code == ErrorCode::kHydrating || code == ErrorCode::kRecovering || code == ErrorCode::kUnavailable ||
         code == ErrorCode::kShardDied || absl::IsCancelled(status);
}

bool ChangeHub::Join(ChangeSubscriber& subscriber, uint64_t epoch) {
  ChangeStream& stream = subscriber.stream_;
  if (live_ == 0 && !pulling_) {
    // The first one: the others are followed from where it is.
    pull_ = nullptr;
    head_ = epoch;
    part_epoch_ = 0;
    finished_ = false;
    waiting_ = absl::OkStatus();
    for (auto& [name, each] : streams_) each->Restart(epoch);
  }
  if (epoch < stream.floor()) return false;
  ++live_;
  subscriber.phase_ = ChangeSubscriber::Phase::kLive;
  subscriber.pull_ = nullptr;
  subscriber.next_number_ = stream.NumberAfter(epoch);
  due_ = true;
  boost::asio::post(*environment_.io, [self = shared_from_this(), joined = subscriber.shared_from_this()] {
    if (joined->live()) joined->Pump();
    self->PullIfDue();
  });
  return true;
}

void ChangeHub::OnTaken() {
  if (no_room_since_ != 0) no_room_since_ = environment_.clock->MonotonicMicros();
  PullIfDue();
}

uint64_t ChangeHub::BacklogOf(const ChangeSubscriber& subscriber) const {
  return subscriber.stream().BytesFrom(subscriber.next_number());
}

uint64_t ChangeHub::backlog_bytes() const {
  uint64_t bytes = 0;
  for (const auto& [id, subscriber] : subscribers_) {
    if (subscriber->live()) bytes = std::max(bytes, BacklogOf(*subscriber));
  }
  return bytes;
}

void ChangeHub::PullIfDue() {
  if (!due_ || pulling_ || live_ == 0) return;
  const uint64_t backlog_max = environment_.settings->http_changes_backlog_bytes;
  uint64_t least = UINT64_MAX;
  for (const auto& [id, subscriber] : subscribers_) {
    if (subscriber->live()) least = std::min(least, BacklogOf(*subscriber));
  }
  if (least > backlog_max / 2) {
    if (no_room_since_ == 0) no_room_since_ = environment_.clock->MonotonicMicros();
    return;
  }
  no_room_since_ = 0;
  CutOffSlow(backlog_max);
  pulling_ = true;
  due_ = false;
  if (pull_ == nullptr) {
    ChangePull::Options options;
    options.timeout = std::chrono::milliseconds(environment_.settings->http_read_timeout_ms);
    pull_ = std::make_shared<ChangePull>(view_, environment_.ask, environment_.io->get_executor(), options, head_);
  }
  pull_->Next(
      [self = shared_from_this()](absl::StatusOr<ChangePull::Answer> answer) { self->OnAnswer(std::move(answer)); });
}

void ChangeHub::OnAnswer(absl::StatusOr<ChangePull::Answer> answer) {
  pulling_ = false;
  if (!answer.ok()) {
    pull_ = nullptr;
    due_ = true;
    const bool passes = Passes(answer.status()) && part_epoch_ == 0;
    if (passes) {
      waiting_ = answer.status();
      return;
    }
    for (const auto& [id, subscriber] : subscribers_) {
      if (subscriber->live()) subscriber->End(answer.status());
    }
    part_epoch_ = 0;
    return;
  }
  waiting_ = absl::OkStatus();
  SawHistory(answer->history);
  for (ChangeMerge::Part& part : answer->parts) {
    part_epoch_ = part.partial ? part.epoch : 0;
    for (auto& [name, stream] : streams_) {
      bool wanted = std::any_of(subscribers_.begin(), subscribers_.end(), [&](const auto& each) {
        return each.second->live() && &each.second->stream() == stream.get();
      });
      if (wanted) {
        stream->Push(part);
      } else {
        stream->Restart(part.epoch);
      }
    }
  }
  head_ = answer->covered;
  if (!answer->complete) due_ = true;
  finished_ = answer->finished;
  for (const auto& [id, subscriber] : subscribers_) {
    if (subscriber->live()) subscriber->Pump();
  }
  Release();
  PullIfDue();
}

bool ChangeHub::CutOffSlow(uint64_t bytes_max) {
  bool any = false;
  for (const auto& [id, subscriber] : subscribers_) {
    if (!subscriber->live() || BacklogOf(*subscriber) <= bytes_max) continue;
    any = true;
    environment_.count_cut_off();
    subscriber->End(MakeError(ErrorCode::kSlowConsumer,
                              StrCat("changes of ", view_.view,
                                     " come faster than they are taken; go on with the id that stands here "
                                     "(settings http.changes.backlog and http.changes.stall_timeout)")));
  }
  return any;
}

void ChangeHub::Release() {
  for (auto& [name, stream] : streams_) {
    uint64_t number = stream->next_number();
    for (const auto& [id, subscriber] : subscribers_) {
      if (subscriber->live() && &subscriber->stream() == stream.get()) {
        number = std::min(number, subscriber->next_number());
      }
    }
    stream->Release(number);
  }
}

}  // namespace freshet
