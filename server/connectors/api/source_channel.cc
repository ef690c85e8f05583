#include "server/connectors/api/source_channel.h"

#include <algorithm>
#include <chrono>

namespace freshet {
namespace {

// Rejected records count as input, as does a block of nothing: an epoch must be cut for their dead letters and for its
// position.
uint64_t InputRows(const DecodedBlock& block) {
  return std::max<uint64_t>(block.batch.size() + block.rejected.size(), 1);
}

}  // namespace

SourceChannel::SourceChannel(uint64_t queue_bytes, std::function<void()> wake)
    : queue_bytes_(queue_bytes),
      wake_(wake ? std::move(wake) : [] {}),
      request_(std::make_shared<const ReadRequest>()) {}

bool SourceChannel::Push(DecodedBlock block) {
  std::vector<DecodedBlock> blocks;
  blocks.push_back(std::move(block));
  return PushAll(std::move(blocks));
}

bool SourceChannel::PushAll(std::vector<DecodedBlock> blocks) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || queued_memory_ < queue_bytes_; });
    if (closed_) return false;
    for (DecodedBlock& block : blocks) {
      queued_memory_ += block.memory;
      waiting_.rows += InputRows(block);
      waiting_.bytes += block.bytes;
      blocks_.push_back(std::move(block));
      ++pushed_;
    }
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
  {
    std::lock_guard lock(mutex_);
    if (message == message_) return;
    message_ = std::move(message);
  }
  wake_();
}

std::shared_ptr<const ReadRequest> SourceChannel::WaitRequest(uint64_t seen, int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                    [&] { return closed_ || poked_ || request_->number != seen; });
  poked_ = false;
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
  EndWaits();
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
    waiting_.rows -= InputRows(*block);
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

void SourceChannel::EndWaits() {
  changed_.notify_all();
  interrupt_();
}

void SourceChannel::Poke() {
  {
    std::lock_guard lock(mutex_);
    poked_ = true;
  }
  EndWaits();
}

void SourceChannel::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  EndWaits();
}

}  // namespace freshet
