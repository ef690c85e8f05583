#include "server/pipelines/change_subscriber.h"

#include "boost/asio/post.hpp"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/pipelines/change_hub.h"

namespace freshet {

ChangeSubscriber::ChangeSubscriber(std::shared_ptr<ChangeHub> hub, uint64_t id, Start start, ChangeStream& stream,
                                   std::shared_ptr<ChangeSink> sink)
    : hub_(std::move(hub)),
      id_(id),
      start_(start),
      stream_(stream),
      sink_(std::move(sink)),
      last_sent_micros_(hub_->environment_.clock->MonotonicMicros()) {
  if (start.from == ChangesQuery::From::kEpoch) position_ = covered_ = start.epoch;
}

void ChangeSubscriber::Begin() {
  if (std::exchange(begun_, true)) return;
  sink_->Begin(position_ != 0 ? position_ : snapshot_epoch_, hub_->view_.revision);
}

void ChangeSubscriber::Continue() {
  if (phase_ != Phase::kWaiting || busy_) return;
  waits_for_ = absl::OkStatus();
  // Without the history known, the rows would have no place to go on.
  if (start_.from == ChangesQuery::From::kSnapshot && !snapshot_done_ && hub_->history_ != 0) {
    phase_ = Phase::kSnapshot;
    ReadPage();
  } else {
    phase_ = Phase::kCatchUp;
    CatchUp();
  }
}

// ---- Rows at one epoch, each page asked for when the one before is taken

void ChangeSubscriber::ReadPage() {
  busy_ = true;
  RowsQuery query;
  query.pipeline = hub_->view_.pipeline;
  query.relation = hub_->view_.view;
  query.limit = static_cast<uint32_t>(hub_->environment_.settings->http_page_rows_max);
  query.page_token = page_token_;
  query.timeout_ms = static_cast<uint32_t>(hub_->environment_.settings->http_read_timeout_ms);
  hub_->environment_.reader->ReadRows(
      std::move(query), [self = shared_from_this(), io = hub_->environment_.io](absl::StatusOr<RowsPage> page) {
        boost::asio::post(*io, [self, page = std::move(page)]() mutable { self->OnPage(std::move(page)); });
      });
}

void ChangeSubscriber::OnPage(absl::StatusOr<RowsPage> page) {
  busy_ = false;
  if (phase_ != Phase::kSnapshot) return;
  if (!page.ok()) return OnError(page.status());
  if (page->pipeline_uid != hub_->view_.pipeline_uid || page->revision != hub_->view_.revision) {
    return OnError(MakeError(ErrorCode::kPipelineReplaced, "the pipeline's definition has changed meanwhile"));
  }
  snapshot_epoch_ = page->epoch;
  page_token_ = page->next_page_token;
  snapshot_done_ = page_token_.empty();
  Begin();
  ChangePart part{.schema = hub_->view_.schema,
                  .key = hub_->view_.key,
                  .epoch = page->epoch,
                  .snapshot = true,
                  .partial = !snapshot_done_,
                  .rows = std::span(&page->rows, 1)};
  auto bytes = std::make_shared<const std::string>(
      stream_.encoder().Part(part, snapshot_done_ ? hub_->TokenOf(page->epoch) : ""));
  if (snapshot_done_) {
    phase_ = Phase::kCatchUp;
    covered_ = page->epoch;
  }
  queue_.push_back({std::move(bytes), page->epoch, !snapshot_done_});
  Pump();
}

// ---- Changes on its own, each answer asked for when the one before is taken

void ChangeSubscriber::CatchUp() {
  busy_ = true;
  if (pull_ == nullptr) {
    ChangePull::Options options;
    options.timeout = std::chrono::milliseconds(hub_->environment_.settings->http_read_timeout_ms);
    pull_ = std::make_shared<ChangePull>(hub_->view_, hub_->environment_.ask, hub_->environment_.io->get_executor(),
                                         options, covered_);
  }
  pull_->Next(
      [self = shared_from_this()](absl::StatusOr<ChangePull::Answer> answer) { self->OnAnswer(std::move(answer)); });
}

void ChangeSubscriber::OnAnswer(absl::StatusOr<ChangePull::Answer> answer) {
  busy_ = false;
  if (phase_ != Phase::kCatchUp) return;
  if (!answer.ok()) return OnError(answer.status());
  hub_->SawHistory(answer->history);
  if (phase_ != Phase::kCatchUp) return;
  if (start_.by_token && start_.history != answer->history) {
    return OnError(MakeError(ErrorCode::kEpochGone, "a source has given other rows since the event id was given"));
  }
  if (start_.from == ChangesQuery::From::kSnapshot && !snapshot_done_) {
    pull_ = nullptr;
    phase_ = Phase::kSnapshot;
    return ReadPage();
  }
  covered_ = answer->covered;
  complete_ = answer->complete;
  finished_ = answer->finished;
  // The first bytes go out at once, with the place to go on: the reader learns where `now` is.
  const bool mark = position_ == 0 || (!begun_ && answer->parts.empty());
  if (position_ == 0) position_ = covered_;
  Begin();
  if (mark) queue_.push_back({stream_.EncodeProgress(covered_), covered_, false});
  for (ChangeMerge::Part& part : answer->parts) {
    queue_.push_back({stream_.Encode(part), part.epoch, part.partial});
  }
  Pump();
}

// ---- What goes out

void ChangeSubscriber::Pump() {
  if (sending_) return;
  switch (phase_) {
    case Phase::kWaiting:
    case Phase::kEnded:
      return;
    case Phase::kEnding: {
      phase_ = Phase::kEnded;
      // Not within a part of an epoch: who goes on takes that epoch from its start.
      const bool nowhere = end_.ok() || position_ == 0 || CodeOf(end_) == ErrorCode::kEpochGone;
      auto bytes =
          std::make_shared<const std::string>(stream_.encoder().End(end_, nowhere ? "" : hub_->TokenOf(position_)));
      std::shared_ptr<ChangeSink> sink = std::exchange(sink_, nullptr);
      sink->Send(std::move(bytes), [sink](bool taken) {
        if (taken) sink->Finish();
      });
      hub_->Forget(id_);
      return;
    }
    case Phase::kSnapshot:
    case Phase::kCatchUp:
      if (!queue_.empty()) {
        Part part = std::move(queue_.front());
        queue_.pop_front();
        return Send(std::move(part));
      }
      if (busy_) return;
      if (phase_ == Phase::kSnapshot) return ReadPage();
      if (std::exchange(complete_, false)) {
        if (finished_) return End(absl::OkStatus());
        if (hub_->Join(*this, covered_)) return;
      }
      return CatchUp();
    case Phase::kLive:
      while (stream_.Has(next_number_)) {
        const ChangeStream::Entry& entry = stream_.At(next_number_++);
        if (entry.epoch <= covered_) continue;  // it came up further than the others were
        return Send({entry.bytes, entry.epoch, entry.partial});
      }
      if (hub_->finished_) return End(absl::OkStatus());
      return;
  }
}

void ChangeSubscriber::Send(Part part) {
  sending_ = true;
  hub_->environment_.count_sent_bytes(part.bytes->size());
  ChangeStream::Bytes bytes = part.bytes;
  sink_->Send(std::move(bytes),
              [self = shared_from_this(), io = hub_->environment_.io, part = std::move(part)](bool taken) {
                boost::asio::post(*io, [self, taken, part] { self->OnTaken(taken, part); });
              });
}

void ChangeSubscriber::OnTaken(bool taken, const Part& part) {
  sending_ = false;
  if (!taken) return Drop();
  last_sent_micros_ = hub_->environment_.clock->MonotonicMicros();
  in_part_ = part.partial;
  if (!part.partial && part.epoch > position_) position_ = part.epoch;
  const bool was_live = live();
  Pump();
  if (was_live) hub_->OnTaken();
}

void ChangeSubscriber::Tick(int64_t now) {
  if (sending_) return;
  const Settings& settings = *hub_->environment_.settings;
  const int64_t silent = now - last_sent_micros_;
  if (phase_ == Phase::kWaiting || (live() && !hub_->waiting_.ok())) {
    const absl::Status& why = phase_ == Phase::kWaiting ? waits_for_ : hub_->waiting_;
    if (silent >= static_cast<int64_t>(settings.http_changes_heartbeat_ms) * 1000 && !why.ok()) {
      Send({std::make_shared<const std::string>(stream_.encoder().Waiting(InfoOf(CodeOf(why)).name)), position_,
            /*partial=*/in_part_});
    }
    return Continue();
  }
  if (!live() || in_part_ || stream_.Has(next_number_)) return;
  const bool moved = hub_->head_ > position_;
  if (moved ? silent >= static_cast<int64_t>(settings.http_changes_progress_ms) * 1000
            : silent >= static_cast<int64_t>(settings.http_changes_heartbeat_ms) * 1000) {
    const uint64_t epoch = std::max(hub_->head_, position_);
    Send({stream_.EncodeProgress(epoch), epoch, false});
  }
}

// ---- Its end

void ChangeSubscriber::OnError(const absl::Status& error) {
  absl::Status status = error;
  if (start_.by_token && CodeOf(status) == ErrorCode::kEpochNotReached) {
    status = MakeError(ErrorCode::kEpochGone, "the epoch of the event id was lost");
  }
  // Parts of an epoch that were sent cannot be taken back, nor gone on with by other shards than those that gave them.
  const bool in_part = in_part_ || (!queue_.empty() && queue_.back().partial) || (pull_ != nullptr && pull_->in_part());
  if (hub_->Passes(status) && !in_part) return WaitFor(status);
  End(status);
}

void ChangeSubscriber::WaitFor(const absl::Status& status) {
  pull_ = nullptr;
  phase_ = Phase::kWaiting;
  waits_for_ = status;
  if (begun_) return;
  Begin();
  Send({std::make_shared<const std::string>(stream_.encoder().Waiting(InfoOf(CodeOf(status)).name)), 0, false});
}

void ChangeSubscriber::End(const absl::Status& why) {
  if (phase_ == Phase::kEnding || phase_ == Phase::kEnded) return;
  if (!begun_) {
    phase_ = Phase::kEnded;
    std::exchange(sink_, nullptr)->Refuse(why);
    hub_->Forget(id_);
    return;
  }
  if (live()) --hub_->live_;
  phase_ = Phase::kEnding;
  end_ = why;
  queue_.clear();
  Pump();
}

void ChangeSubscriber::Drop() {
  if (phase_ == Phase::kEnded) return;
  if (live()) --hub_->live_;
  phase_ = Phase::kEnded;
  sink_ = nullptr;
  hub_->Forget(id_);
}

}  // namespace freshet
