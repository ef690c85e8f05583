// Follows the ingest requests that are on their way to a group's shard 0, and knows what of them is visible.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// All on the I/O thread.
class GroupIngest {
 public:
  using Done = std::function<void(absl::StatusOr<v1::IngestAnswer>)>;
  using SendToShard = std::function<void(uint32_t shard, const v1::ToShard& message)>;

  GroupIngest(boost::asio::io_context& io, SendToShard send) : io_(io), send_(std::move(send)) {}

  // Sends a call to shard 0. `done` gets its answer or the error with its code, once. Without an answer in `timeout` it
  // is UNAVAILABLE: nobody knows whether the request was taken.
  void Submit(v1::IngestCall call, std::chrono::milliseconds timeout, Done done);
  void OnAnswer(v1::IngestAnswer answer);
  // The shards are gone, and with them what was under way.
  void CancelAll(const absl::Status& reason);

  // --- What is visible.
  void OnCommitted(const google::protobuf::RepeatedPtrField<v1::IngestPosition>& moved);
  bool Covers(const v1::IngestPosition& position) const;
  // Calls back when the position is covered (OK), or after `timeout` with EPOCH_NOT_REACHED.
  void WhenCovered(v1::IngestPosition position, std::chrono::milliseconds timeout,
                   std::function<void(absl::Status)> then);

 private:
  struct Pending {
    Done done;
    std::unique_ptr<boost::asio::steady_timer> timer;
  };
  struct Waiting {
    v1::IngestPosition position;
    std::function<void(absl::Status)> then;
    std::unique_ptr<boost::asio::steady_timer> timer;
  };

  void EndWait(uint64_t id, const absl::Status& status);

  boost::asio::io_context& io_;
  const SendToShard send_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, Pending> pending_;
  std::map<uint64_t, Waiting> waiting_;
  std::map<std::string, uint64_t> visible_;  // by table
};

}  // namespace freshet
