// Connects a source's reading thread with the compute thread: decoded blocks one way, bounded by bytes, and where to
// stop the other way. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/connectors/api/decoded_block.h"

namespace freshet {

// What the compute thread wants read; a new one replaces the one before.
struct ReadRequest {
  uint64_t number = 0;             // 0: nothing is wanted yet
  std::optional<Positions> until;  // no value: to the source's own end
};

class SourceChannel {
 public:
  SourceChannel(uint64_t queue_bytes, std::function<void()> wake);

  // --- The reading thread.
  // Waits for room; false: the source is closed.
  bool Push(DecodedBlock block);
  // All of them or none: what waits never holds a part.
  bool PushAll(std::vector<DecodedBlock> blocks);
  // Everything pushed before belongs to the load / is all there will ever be / is all up to the request's end.
  void MarkLoaded();
  void MarkFinished();
  void MarkUntil(uint64_t request);
  // The source cannot go on.
  void Fail(absl::Status reason);
  // What is wrong and being retried; empty: all is well.
  void SetMessage(std::string message);
  // Something large begins: who watches the process's memory is to be awake.
  void Stir() { wake_(); }
  // Waits until the request is another than number `seen`, the time has passed, Poke is called or the source is closed.
  std::shared_ptr<const ReadRequest> WaitRequest(uint64_t seen, int64_t timeout_ms);
  std::shared_ptr<const ReadRequest> request() const;
  bool closed() const;
  // Any thread: ends the wait for a request, now or when it begins next.
  void Poke();
  // For a thread that waits for something else: called, from any thread, when a wait for a request would end. To be set
  // before the first request.
  void OnInterrupt(std::function<void()> interrupt) { interrupt_ = std::move(interrupt); }

  // --- The compute thread.
  void Request(std::optional<Positions> until);
  std::optional<DecodedBlock> TryPop();
  WaitingInput Waiting() const;
  // Whether all that was pushed before the marks has been popped.
  bool loaded() const;
  bool finished() const;
  bool at_until() const;
  absl::Status health() const;
  std::string message() const;
  // Ends the reading thread's waits; nothing is pushed any more.
  void Close();

 private:
  void EndWaits();
  bool Passed(const std::optional<uint64_t>& mark) const { return mark && popped_ >= *mark; }

  const uint64_t queue_bytes_;
  const std::function<void()> wake_;
  std::function<void()> interrupt_ = [] {};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<DecodedBlock> blocks_;
  WaitingInput waiting_;
  uint64_t queued_memory_ = 0;
  uint64_t pushed_ = 0;
  uint64_t popped_ = 0;
  std::optional<uint64_t> loaded_at_;  // the number of blocks pushed before
  std::optional<uint64_t> finished_at_;
  std::optional<uint64_t> until_at_;
  std::shared_ptr<const ReadRequest> request_;
  absl::Status health_;
  std::string message_;
  bool closed_ = false;
  bool poked_ = false;
};

}  // namespace freshet
