// Follows the reads that are under way in one group: asks the shards, collects their answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// All on the I/O thread.
class GroupReads {
 public:
  using Done = std::function<void(absl::StatusOr<std::vector<v1::ReadResponse>>)>;
  using SendToShard = std::function<void(uint32_t shard, const v1::ToShard& message)>;

  GroupReads(boost::asio::io_context& io, SendToShard send) : io_(io), send_(std::move(send)) {}

  struct Question {
    uint32_t shard = 0;
    v1::ReadRequest request;
  };
  // `done` gets the answers in the order of the questions, one a shard, or the first error (with the code that the
  // shard gave), once. `id` is the caller's, not used before.
  void Ask(uint64_t id, std::vector<Question> questions, std::chrono::milliseconds timeout, Done done);
  void OnResponse(uint32_t shard, v1::ReadResponse response);
  size_t count() const { return pending_.size(); }
  // False: it is not (any more) under way.
  bool Cancel(uint64_t id, const absl::Status& reason);
  // The shards are gone.
  void CancelAll(const absl::Status& reason);

 private:
  absl::Status TimedOut(uint64_t id, std::chrono::milliseconds timeout) const;

  struct Pending {
    std::vector<uint32_t> shards;
    std::vector<std::optional<v1::ReadResponse>> responses;
    size_t missing = 0;
    Done done;
    std::unique_ptr<boost::asio::steady_timer> timer;
  };

  boost::asio::io_context& io_;
  const SendToShard send_;
  std::map<uint64_t, Pending> pending_;
};

}  // namespace freshet
