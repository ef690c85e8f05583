// Hands what other threads bring to the compute thread, and wakes it. That thread waits in the I/O context of its links
// to the other shards, so that their frames reach it without another thread in between: while it works nobody sleeps at
// these sockets, and a write to one wakes nobody.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

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

using ShardEvent = std::variant<v1::ToShard, PeersConnected, PeerLost, ServerGone, ExtentsResolved, LogOpened>;

// Any thread pushes; one takes.
class Inbox {
 public:
  // `links` has work as long as the inbox lives.
  explicit Inbox(boost::asio::io_context& links) : links_(links), timer_(links) {}

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

  // The taking thread: runs the links until something has come, here or there, or at the latest after `micros` (no
  // value: not before). It may return earlier.
  void Wait(std::optional<int64_t> micros) {
    {
      std::lock_guard lock(mutex_);
      if (!events_.empty() || woken_.load()) return;
      waiting_ = true;
    }
    if (micros) Arm(std::chrono::steady_clock::now() + std::chrono::microseconds(*micros));
    links_.run_one();
    std::lock_guard lock(mutex_);
    waiting_ = false;
  }

 private:
  void WakeLocked() {
    has_events_.store(!events_.empty(), std::memory_order_release);
    if (std::exchange(waiting_, false)) boost::asio::post(links_, [] {});
  }

  // A timer that is set earlier already stays: it ends the wait too early, once.
  void Arm(std::chrono::steady_clock::time_point when) {
    if (armed_ && timer_.expiry() <= when) return;
    armed_ = true;
    timer_.expires_at(when);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) armed_ = false;
    });
  }

  boost::asio::io_context& links_;
  boost::asio::steady_timer timer_;
  bool armed_ = false;  // only the taking thread
  std::mutex mutex_;
  bool waiting_ = false;
  std::vector<ShardEvent> events_;
  std::atomic<bool> has_events_ = false;
  std::atomic<bool> woken_ = false;
};

}  // namespace freshet
