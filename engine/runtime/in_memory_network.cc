#include "engine/runtime/in_memory_network.h"

#include "engine/base/check.h"

namespace freshet {

class InMemoryNetwork::Sender : public Link {
 public:
  Sender(InMemoryNetwork* network, ShardId from) : network_(network), from_(from) {}

  void Send(ShardId to, Frame frame) override {
    CHECK(to != from_ && to.value() < network_->shard_count_) << "shard " << from_ << " sends to " << to;
    network_->QueueOf(from_, to).push_back(std::move(frame));
  }

 private:
  InMemoryNetwork* const network_;
  const ShardId from_;
};

InMemoryNetwork::InMemoryNetwork(uint16_t shard_count)
    : shard_count_(shard_count), queues_(shard_count_ * shard_count_) {
  for (uint16_t shard = 0; shard < shard_count; ++shard) {
    senders_.push_back(std::make_unique<Sender>(this, ShardId(shard)));
  }
}

InMemoryNetwork::~InMemoryNetwork() = default;

Link* InMemoryNetwork::link(ShardId from) { return senders_[from.value()].get(); }

std::optional<Frame> InMemoryNetwork::Take(ShardId from, ShardId to) {
  std::deque<Frame>& queue = QueueOf(from, to);
  if (queue.empty()) return std::nullopt;
  Frame frame = std::move(queue.front());
  queue.pop_front();
  return frame;
}

size_t InMemoryNetwork::BytesOnLink(ShardId from, ShardId to) const {
  size_t bytes = 0;
  for (const Frame& frame : QueueOf(from, to)) {
    if (const auto* data = std::get_if<DataFrame>(&frame)) bytes += data->bytes;
  }
  return bytes;
}

}  // namespace freshet
