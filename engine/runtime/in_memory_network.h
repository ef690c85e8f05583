// Links between the shards of one process: queues that a test or a benchmark empties in the order that it chooses.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "engine/runtime/link.h"

namespace freshet {

class InMemoryNetwork {
 public:
  explicit InMemoryNetwork(uint16_t shard_count);
  ~InMemoryNetwork();

  // The sending side of a shard.
  Link* link(ShardId from);
  bool HasFrame(ShardId from, ShardId to) const { return !QueueOf(from, to).empty(); }
  // The next frame from one shard to another; frames of one pair keep their order.
  std::optional<Frame> Take(ShardId from, ShardId to);
  // Bytes of rows (as DataFrame tells them) on their way from one shard to another.
  size_t BytesOnLink(ShardId from, ShardId to) const;

 private:
  class Sender;

  std::deque<Frame>& QueueOf(ShardId from, ShardId to) { return queues_[from.value() * shard_count_ + to.value()]; }
  const std::deque<Frame>& QueueOf(ShardId from, ShardId to) const {
    return queues_[from.value() * shard_count_ + to.value()];
  }

  const size_t shard_count_;
  std::vector<std::deque<Frame>> queues_;
  std::vector<std::unique_ptr<Sender>> senders_;
};

}  // namespace freshet
