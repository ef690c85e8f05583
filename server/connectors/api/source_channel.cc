#include "server/connectors/api/source_channel.h"

#include <chrono>

namespace freshet {

SourceChannel::SourceChannel(uint64_t queue_bytes, std::function<void()> wake)
    : queue_bytes_(queue_bytes),
      wake_(wake ? std::move(wake) : [] {}),
      request_(std::make_shared<const ReadRequest>()) {}

bool SourceChannel::Push(DecodedBlock block) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || queued_memory_ < queue_bytes_; });
    if (closed_) return false;
    queued_memory_ += block.memory;
    // Rejected records count as input: an epoch must be cut for their dead letters too.
    waiting_.rows += block.batch.size() + block.rejected.size();
    waiting_.bytes += block.bytes;
    blocks_.push_back(std::move(block));
    ++pushed_;
  }
  wake_();
  return true;
}

void SourceChannel::MarkLoaded() {
  {
    std::lock_guard lock(mutex_);
    if (loaded_at_) return;
    loaded_at_ = pushed_;
  }
  wake_();
}

void SourceChannel::MarkFinished() {
  {
    std::lock_guard lock(mutex_);
    if (finished_at_) return;
    finished_at_ = pushed_;
  }
  wake_();
}

void SourceChannel::MarkUntil(uint64_t request) {
  {
    std::lock_guard lock(mutex_);
    if (request != request_->number || until_at_) return;
    until_at_ = pushed_;
  }
  wake_();
}

void SourceChannel::Fail(absl::Status reason) {
  {
    std::lock_guard lock(mutex_);
    if (health_.ok()) health_ = std::move(reason);
  }
  wake_();
}

void SourceChannel::SetMessage(std::string message) {
  std::lock_guard lock(mutex_);
  message_ = std::move(message);
}

std::shared_ptr<const ReadRequest> SourceChannel::WaitRequest(uint64_t seen, int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return closed_ || request_->number != seen; });
  return request_;
}

std::shared_ptr<const ReadRequest> SourceChannel::request() const {
  std::lock_guard lock(mutex_);
  return request_;
}

bool SourceChannel::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

void SourceChannel::Request(std::optional<Positions> until) {
  auto next = std::make_shared<ReadRequest>();
  next->until = std::move(until);
  {
    std::lock_guard lock(mutex_);
    next->number = request_->number + 1;
    request_ = std::move(next);
    until_at_.reset();
  }
  changed_.notify_all();
}

std::optional<DecodedBlock> SourceChannel::TryPop() {
  std::optional<DecodedBlock> block;
  {
    std::lock_guard lock(mutex_);
    if (blocks_.empty()) return std::nullopt;
    block = std::move(blocks_.front());
    blocks_.pop_front();
    ++popped_;
    queued_memory_ -= block->memory;
    waiting_.rows -= block->batch.size() + block->rejected.size();
    waiting_.bytes -= block->bytes;
  }
  changed_.notify_all();
  return block;
}

WaitingInput SourceChannel::Waiting() const {
  std::lock_guard lock(mutex_);
  return waiting_;
}

bool SourceChannel::loaded() const {
  std::lock_guard lock(mutex_);
  return Passed(loaded_at_);
}

bool SourceChannel::finished() const {
  std::lock_guard lock(mutex_);
  return Passed(finished_at_);
}

bool SourceChannel::at_until() const {
  std::lock_guard lock(mutex_);
  return Passed(until_at_);
}

absl::Status SourceChannel::health() const {
  std::lock_guard lock(mutex_);
  return health_;
}

std::string SourceChannel::message() const {
  std::lock_guard lock(mutex_);
  return message_;
}

void SourceChannel::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace freshet
