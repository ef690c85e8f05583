// Hands what I/O threads bring to the compute thread, and wakes it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/runtime/frame.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// From another shard.
struct PeerFrame {
  ShardId from;
  Frame frame;
};
// All other shards are connected.
struct PeersConnected {};
// The link to another shard, or what came over it, is broken.
struct PeerLost {
  absl::Status status;
};
// The link to the server is closed.
struct ServerGone {};
// Shard 0 has asked the sources where they start and end.
struct ExtentsResolved {
  absl::StatusOr<v1::SourceExtents> extents;
};

// Shard 0 has opened the log, or cannot.
struct LogOpened {
  absl::Status status;
};

using ShardEvent =
    std::variant<v1::ToShard, PeerFrame, PeersConnected, PeerLost, ServerGone, ExtentsResolved, LogOpened>;

// Any thread pushes; one takes.
class Inbox {
 public:
  void Push(ShardEvent event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    WakeLocked();
  }

  // Ends a wait without an event: a source has rows. Cheap if it was called since the last Take.
  void Wake() {
    if (woken_.exchange(true)) return;
    std::lock_guard lock(mutex_);
    WakeLocked();
  }

  // Replaces `events` by what has come. True: Wake was called.
  bool Take(std::vector<ShardEvent>* events) {
    events->clear();
    bool woken = woken_.exchange(false);
    if (has_events_.load(std::memory_order_acquire)) {
      std::lock_guard lock(mutex_);
      events->swap(events_);
      has_events_ = false;
    }
    return woken;
  }

  // Returns when something has come, or at the latest after `micros` (no value: not before).
  void Wait(std::optional<int64_t> micros) {
    std::unique_lock lock(mutex_);
    auto come = [this] { return !events_.empty() || woken_.load(); };
    waiting_ = true;
    if (micros) {
      condition_.wait_for(lock, std::chrono::microseconds(*micros), come);
    } else {
      condition_.wait(lock, come);
    }
    waiting_ = false;
  }

 private:
  void WakeLocked() {
    has_events_.store(!events_.empty(), std::memory_order_release);
    if (waiting_) condition_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable condition_;
  bool waiting_ = false;
  std::vector<ShardEvent> events_;
  std::atomic<bool> has_events_ = false;
  std::atomic<bool> woken_ = false;
};

}  // namespace freshet
